package extract

import (
	"math/bits"
	"slices"
	"strings"
	"unicode"
)

// stopWords are the commonest small words of the languages much news is written in.
// They settle the language of an ordinary text some hundred times faster than letter
// statistics do, which are asked where these leave a doubt. The more languages are
// here the safer: a text in one that is not must not pass for its neighbour.
var stopWords = map[string]string{
	"en": "the of and to in that is was for on with as it by at from his her be are this have has had not which they an or but were their been its will would who said more than she he about after also could when there what into",
	"de": "der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde wenn unter wir",
	"fr": "le la les de des du et en un une est que qui dans pour au sur par plus pas ne se son avec ce il sont aux ont été cette mais comme ou sa elle ses leur nous même été après deux aussi ces entre avait",
	"es": "el la los las de del y en un una que es por con para se su al no como más fue ha lo sus este pero entre está también sobre esta son hasta desde años cuando muy había todo sin ser sobre han donde tiene según",
	"it": "il lo la i gli le di del della dei delle e in un una che è per con non si da al alla nel nella come più anche sono ha sul suo questo dal ma dalla hanno loro stato era dopo essere anni tra degli cui se alle sulla",
	"pt": "o a os as de do da dos das e em um uma que é por com para se não no na mais foi ao como seu sua ou ele são nos pelo pela mas também já entre foram ser está tem às anos quando até sobre após muito",
	"nl": "de het een van en in is dat op te zijn voor met die niet aan er om ook als dan maar bij uit nog naar door over hij worden werd wordt heeft hebben tot meer ze was had deze geen kan wel zich haar zal onder tegen jaar",
	"af": "die van en in is het dat nie wat vir op te met hy sy om hulle was ook aan word sal kan deur ons na by as maar uit nog oor een sê toe moet is dit ’n",
	"sv": "och att det i en som på är av för med den till inte har de ett om han var men sig från vi så kan när år säger under också efter eller nu där vid mot ska skulle finns bara ut mer få blev hade",
	"da": "og at det i en som på er af for med den til ikke har de et om han var men sig fra vi så kan når år siger under også efter eller nu der ved mod skal blev være havde kun ud mere få bliver hvor noget",
	"nb": "og at det i en som på er av for med den til ikke har de et om han var men seg fra vi så kan når år sier under også etter eller nå der ved mot skal ble være hadde bare ut mer få blir hvor noe opp",
	"fi": "ja on ei että se oli myös mutta kun ovat joka hän sen niin kuin jo vain mukaan sekä tai ole olla vuoden ollut nyt vielä mitä jos jonka hänen siitä tämä kanssa",
	"pl": "i w na z się nie do to że jest o od po za jak ale dla przez przy czy tym są tego już tylko było jego który co może ich które także oraz być jej która został ma tak ze został roku był",
	"cs": "a v se na je že z s o do to i ve za by si pro jako jsou ale po od podle jeho než jen které které také být který bylo už k ze až při má ještě není když nebo jsem tak byl však však",
	"sk": "a v sa na je že z s o do to aj vo za by si pre ako sú ale po od podľa jeho než len ktoré tiež byť ktorý bolo už k zo až pri má ešte nie keď alebo som tak bol však",
	"hu": "a az és hogy nem is egy ez meg volt csak már de ha el mint még azt le szerint ki kell van után lesz pedig vagy amely miatt között illetve ezt",
	"ro": "și în a de la cu pe nu din care o că să un pentru este mai se fi au fost ca lui sunt prin după când dar sau al ale această acest până său despre",
	"tr": "ve bir bu da de için ile olarak daha çok gibi en kadar sonra olan var ne ya ise her dedi ancak ki değil yeni iki son göre büyük tarafından",
	"lt": "ir kad į iš su tai ne yra buvo bet kaip už dėl jo apie jis taip po jau tik šį gali metų pagal jų būti per iki nuo kai savo ar",
	"lv": "un ir ar no ka uz par kas bija arī pie lai tiek bet nav tika pēc kā gada to jau līdz vai gan tas šo",
	"et": "ja on ei et see oli ka aga kui mis ta kes oma välja pärast või selle nii siis veel juba ning mille tema aasta",
	"hr": "i je u na se da za su od s o koji to će kao iz ne nije po bi što koja te koje bio samo ali sve nakon prema godine",
	"id": "yang dan di itu dengan untuk dari dalam tidak ini ke pada akan juga adalah ada oleh saat karena bisa telah mereka sebagai kata kepada ia para sudah tersebut lebih",
	"ca": "el la els les de del i en un una que és per amb no es al com més va ha ho seus aquest però entre està també sobre aquesta són fins des anys quan molt han",
	"gl": "o a os as de do da dos das e en un unha que é por con para se non no na máis foi ao como seu súa ou el son nos polo pola pero tamén xa entre foron ser está ten anos cando ata sobre",
}

// stopLetters belong to one of these languages only. A word with one counts as one of
// its small words.
var stopLetters = map[rune]string{
	'ě': "cs", 'ř': "cs", 'ů': "cs", 'ľ': "sk", 'ı': "tr", 'ğ': "tr", 'ł': "pl", 'ő': "hu", 'ű': "hu", 'ț': "ro", 'ș': "ro",
	'ß': "de", 'ė': "lt", 'ų': "lt", 'ņ': "lv", 'ķ': "lv", 'ļ': "lv", 'đ': "hr",
}

// The words with the languages they belong to, as bits.
var (
	stopTags []string
	stopBits = map[string]uint32{}
	// mayStop has for each first byte the shapes of the words that begin with it. It
	// spares most of the other words of a text the map.
	mayStop [256]uint64
)

// shapeBit is a word's length and last byte, as one bit of 64.
func shapeBit[W string | []byte](w W) uint64 { return 1 << (len(w)&7<<3 | int(w[len(w)-1]&7)) }

func init() {
	for tag := range stopWords {
		stopTags = append(stopTags, tag)
	}
	// The order decides nothing, but should be the same in every run.
	slices.Sort(stopTags)
	for i, tag := range stopTags {
		for _, w := range strings.Fields(stopWords[tag]) {
			stopBits[w] |= 1 << i
			mayStop[w[0]] |= shapeBit(w)
		}
	}
}

const (
	// sampleWords is how many words of a text are looked up.
	sampleWords = 200
	// minSample is the fewest words that can settle it.
	minSample = 40
)

// languageOfStopWords returns the language whose small words a text uses, or "" when
// they are few or another language has claims too.
func languageOfStopWords(text string) string {
	tag, _ := countStopWords(text)
	return tag
}

// countStopWords is languageOfStopWords with the number of small words found.
func countStopWords(text string) (tag string, found int) {
	var hits [32]int // small words of each language
	var own [32]int  // those that no other language here has
	n := 0
	var word [24]byte
	for len(text) > 0 && n < sampleWords {
		var s string
		s, text = nextWord(text)
		if s == "" {
			break
		}
		n++
		if len(s) > len(word) {
			continue
		}
		lower := appendLower(word[:0], s)
		var set uint32
		if mayStop[lower[0]]&shapeBit(lower) != 0 {
			set = stopBits[string(lower)]
		}
		if set == 0 {
			set = letterBits(lower)
		}
		for rest := set; rest != 0; rest &= rest - 1 {
			i := bits.TrailingZeros32(rest)
			hits[i]++
			if set&(set-1) == 0 {
				own[i]++
			}
		}
	}
	if n < minSample {
		return "", 0
	}
	best, second := -1, 0
	for i := range stopTags {
		if best < 0 || own[i] > own[best] {
			best = i
		}
	}
	for i := range stopTags {
		if i != best {
			second = max(second, own[i])
		}
	}
	// A fifth of the words of most texts are such words, and a third is usual. Where
	// suffixes do their work, as in Turkish, there are fewer, but no rival either.
	switch {
	case own[best] >= 5 && own[best] >= 3*second && hits[best]*5 >= n,
		own[best] >= 6 && own[best] >= 6*second && hits[best]*12 >= n:
		return stopTags[best], hits[best]
	}
	return "", 0
}

// letterBits returns the language that one of the letters of a word belongs to.
func letterBits(word []byte) uint32 {
	for i := range len(word) {
		if word[i] >= 0xc3 { // no letter of the table is below
			for _, r := range string(word[i:]) {
				if tag, ok := stopLetters[r]; ok {
					return 1 << slices.Index(stopTags, tag)
				}
			}
			break
		}
	}
	return 0
}

// nextWord cuts the first word off a text.
func nextWord(s string) (word, rest string) {
	start := -1
	for i, r := range s {
		letter := r|0x20 >= 'a' && r|0x20 <= 'z' || r >= 0x80 && unicode.IsLetter(r)
		switch {
		case letter && start < 0:
			start = i
		case !letter && start >= 0:
			return s[start:i], s[i:]
		}
	}
	if start < 0 {
		return "", ""
	}
	return s[start:], ""
}

// appendLower appends a word in lower case to b.
func appendLower(b []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 {
			return append(b[:0], strings.ToLower(s)...)
		}
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	return b
}
