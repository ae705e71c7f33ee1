package text

import "strings"

// class is what the lexicon knows of a word. A word may be in several classes.
type class uint32

const (
	title      class = 1 << iota // a name follows: Mr., Gen., St.
	inward                       // never the last word: vs., e.g., cf.
	outward                      // may be the last word: Inc., Jr., Ave., a.m.
	closing                      // closes a company's name or a list: Inc., etc.
	post                         // a job that follows a company's name: Chairman
	exclaiming                   // a name that ends with !
	counter                      // a number follows: No., p., Vol.
	month                        // Jan.
	weekday                      // Mon.
	day                          // Monday
	state                        // Calif.
	country                      // stands before a noun as often as at an end: U.S.
	clock                        // a.m., p.m.: a time zone may follow
	doubtful                     // an English word too, so more evidence is asked: Sun., Miss.
	plural                       // lower case stays an abbreviation: vs., etc., a.m.
	starter                      // opens sentences far oftener than it follows an abbreviation in a name
	speech                       // a verb of saying
	zone                         // a time zone
	office                       // a body named by two words, the second after a corrupt stop: Department
	domain                       // the first of those words: state
	pronoun                      // he: may stand between a quotation and its verb
	auxiliary                    // a verb whose subject may end with a mark: "Huh?" is
	ordinal                      // First, Under: opens a title as easily as a sentence (U.S. Third Circuit)
	labelled                     // a letter follows as its label, not an initial: Group A, World War I
	elision                      // a word without its head: 'em
	ending                       // the last part of a host or file name
)

const abbreviated = title | inward | outward | counter | month | weekday | state

// entries is the lexicon as lists of lower-cased words. Abbreviations stand
// without their last stop. They are written by hand from general knowledge.
var entries = []struct {
	class class
	words string
}{
	{title, `mr mrs ms mx messrs mmes mme mlle dr drs prof profs gen gens lt col cols maj capt cmdr cdr adm sgt sgts cpl pfc pvt brig ens
		spc cmsgt msgr sra sen sens rep reps gov govs rev revd hon fr supt insp det pres amb atty asst assoc st ste mt ft pt hr dep dir
		secy treas mgr lieut comdr cmdt commr ald cllr rt ven archbp bp sr. lt.col lt.gov maj.gen brig.gen lt.gen vice-adm lt.cmdr`},
	{inward, `vs v cf e.g i.e eg ie viz ca approx c.f i.a a.k.a f.k.a p.s div ft feat incl excl resp`},
	{outward, `inc corp co cos ltd llc plc llp jr sr esq ph.d m.d d.d.s j.d etc al ave blvd rd sq bldg hwy pkwy dept depts univ inst assn assoc
		intl int'l gov't govt natl nat'l bros mfg gmbh bhd pty pte s.p.a est ext mgmt admin sec min max avg temp tel
		hrs yrs mos lbs ozs ed eds op cit ser mss ms`},
	{counter, `no nos p pp vol vols fig figs art arts sect sec ch chap para paras c ca app ex exh ext op`},
	{closing, `etc al inc corp co cos ltd llc plc llp s.p.a s.a n.v a.g gmbh bhd pte pty a.b`},
	{post, `chairman chairwoman president chief vice executive director directors spokesman spokeswoman treasurer manager analyst chair
		founder co-founder ceo cfo officials officer officers employees workers unit shareholders securities senior deputy managing
		former general counsel secretary plc ltd inc llc corp international limited holdings`},
	{exclaiming, `yahoo jeopardy`},
	{month, `jan feb mar apr jun jul aug sep sept oct nov dec`},
	{weekday, `mon tue tues wed weds thu thur thurs fri sat sun`},
	{state, `ala ariz ark calif cal colo conn del fla ga ida ill ind kan kans ky la mass md mich minn miss mo mont neb nebr nev okla ore
		pa penn tenn tex vt va wash wis wisc wyo que ont alta sask n.y n.j n.c s.c n.d s.d n.h n.m r.i w.va d.c b.c p.e.i`},
	{outward, `s.a n.v a.g a.b n.y n.j n.c s.c n.d s.d n.h n.m r.i w.va d.c b.c p.e.i u.s u.k u.n e.u u.a.e u.s.a u.s.s.r a.m p.m a.d b.c.e c.e`},
	{clock, `a.m p.m`},
	{country, `u.s u.k u.n e.u u.a.e u.s.a u.s.s.r`},
	{doubtful, `no art arts fig figs v c ch ex app p co cos gen rep hon fr col det pres pt mt ft st hr dep dir ca sec min max temp tel ser
		ed op est al mar sat sun wed mon jan jun jul fri dec ala ark cal del ill ind kan la mass md me mich miss mo mont ore pa va wash ga ida
		sq ave bros inst admin ms mos para sen gov rev adm amb spc ven rt bp inn temp feat incl mme`},
	{plural, `div vs v cf e.g i.e eg ie viz etc approx a.m p.m al ed eds pp p no nos vol fig ca c ft`},
	{day, `monday tuesday wednesday thursday friday saturday sunday`},
	{starter, `the a an he she it they we i you this that these those there here his her its our my your their in on at by for from with without
		within of to as if when while after before since until although though because despite but and or yet so nor also however meanwhile
		moreover still then thus what who why how where which whose some many most more much several few all both each every another other
		others one two three four five no not now only even once under over between among during through about above against according
		last next earlier later today yesterday tomorrow critics officials analysts police instead rather besides additionally separately
		elsewhere asked such neither either nearly almost just like do does did is are was were has have had will would can could may
		might should let it's that's he's she's they're we're there's don't didn't i'm i've perhaps maybe indeed finally first second
		third unlike like whether nobody everyone someone anyone nothing everything something again already often sometimes usually
		recently currently eventually consequently therefore nevertheless nonetheless furthermore further initially originally previously
		apparently clearly obviously unfortunately fortunately mr. mrs. ms.
		dr. sen. rep. gov. gen. prof.`},
	{speech, `said says saying asked asks asking told tells added adds adding wrote writes writing replied replies cried cries shouted
		shouts explained explains continued continues declared declares quipped exclaimed exclaims recalled recalls insisted insists warned
		warns argued argues wondered wonders yelled demanded screamed whispered mused joked responded responds announced proclaimed thought
		thinks snapped laughed called chanted read reads`},
	{zone, `et est edt gmt utc pt pst pdt ct cst cdt bst cet cest eet eest mt mst mdt ist jst hkt sgt aest aedt eastern pacific central
		mountain greenwich local`},
	{domain, `state justice defense defence treasury interior energy labor labour commerce health agriculture education transportation
		foreign finance war police fire security`},
	{office, `department ministry council secretary`},
	{pronoun, `i he she they we it you`},
	{auxiliary, `is was has had will would may does did and or`},
	{ordinal, `first second third under`},
	{labelled, `war group part phase act type vitamin plan class grade section hepatitis appendix channel exhibit schedule series category
		division level unit model influenza option point figure table rule title article chapter volume league pool gate terminal block
		bin windows room wing schedule schedules superbowl`},
	{elision, `em til cause tis twas bout n`},
	{ending, `com org net edu gov mil int info biz io ai app dev co tv fm eu uk us ca au nz ie de fr es nl ch se dk fi pl cz ru ua by tr gr
		il ir iq sa ae qa eg ng ke za gh pk bd lk cn hk tw jp kr sg my th vn ph id br ar cl mx pe ve ec uy cu cr ni sv hn news media
		blog online tech aero museum coop asia africa html htm php asp aspx jsp pdf doc docx xls xlsx ppt pptx txt csv xml json jpg jpeg
		png gif svg mp3 mp4 wav avi mov zip exe vcf rtf odt js ts py rb cpp sh yaml yml sql ini`},
}

// lexicon holds the entries by hash, open addressing, built once.
var lexicon = newTable()

// table is made for misses, since most words are not in it: one bit of a small
// filter tells most of them.
type table struct {
	filter  [256]uint64
	keys    []uint64
	classes []class
}

func newTable() *table {
	const slots = 1 << 12
	t := &table{keys: make([]uint64, slots), classes: make([]class, slots)}
	for _, e := range entries {
		for w := range strings.FieldsSeq(e.words) {
			t.put(w, e.class)
			if e.class&(abbreviated|doubtful|plural|clock|closing|country) != 0 {
				t.put(w+".", e.class)
			}
		}
	}
	return t
}

func (t *table) put(word string, c class) {
	h := WordHash(word)
	t.filter[h>>6&0xFF] |= 1 << (h & 63)
	mask := uint64(len(t.keys) - 1)
	i := h >> 32 & mask
	for t.keys[i] != 0 && t.keys[i] != h {
		i = (i + 1) & mask
	}
	t.keys[i] = h
	t.classes[i] |= c
}

// class returns what is known of the word with hash h, 0 for an unknown one.
func (t *table) class(h uint64) class {
	if t.filter[h>>6&0xFF]&(1<<(h&63)) == 0 {
		return 0
	}
	return t.find(h)
}

func (t *table) find(h uint64) class {
	mask := uint64(len(t.keys) - 1)
	for i := h >> 32 & mask; ; i = (i + 1) & mask {
		switch t.keys[i] {
		case h:
			return t.classes[i]
		case 0:
			return 0
		}
	}
}
