package eval

import (
	"math"
	"strings"
	"testing"
	"testing/quick"
)

// The figures were computed with rouge_score 0.1.2 (NLTK 3), use_stemmer=True, on
// these sentences joined by line breaks.
func TestNewRouge_figuresOfRougeScore(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name               string
		reference, summary []string
		want               Rouge
	}{
		{
			"some sentences covered",
			[]string{"Dockers voted on Monday to stay away for a second week.", "The port authority has asked a labour court to rule."},
			[]string{
				"Dock workers at the largest harbour voted on Monday to stay away.", "Talks with the port authority broke off late on Sunday.",
				"A court will rule before the end of the month.",
			},
			Rouge{0.4528301887, 0.2745098039, 0.4528301887},
		},
		{
			"numbers and inflected words",
			[]string{"The ferry sank; 12 were saved.", "Divers are searching."},
			[]string{"Divers searched for the ferry that sank with 14 aboard.", "Twelve people have been saved, the coastguard said."},
			Rouge{0.4444444444, 0.08, 0.3703703704},
		},
		{"the same", []string{"Prices rose 3.5% in May."}, []string{"Prices rose 3.5% in May."}, Rouge{1, 1, 1}},
		{"nothing in common", []string{"Nothing in common here."}, []string{"Wholly different words stand there."}, Rouge{}},
		{
			"irregular and long stems",
			[]string{"Opposition leaders, dying to be heard, proceeded with the relational formality."},
			[]string{"The leader of the opposition relates formally that he will proceed, and dies."},
			Rouge{0.5833333333, 0.0909090909, 0.3333333333},
		},
		{
			"letters beyond a to z part words",
			[]string{"Café owners in Łódź said they were enjoying the skies."},
			[]string{"The cafe owner in Lodz enjoys the sky, apologists say."},
			Rouge{0.5, 0.3333333333, 0.5},
		},
		{"an empty reference", []string{""}, []string{"Something."}, Rouge{}},
		{
			"repeated words count once each",
			[]string{"One two three four. Five six seven.", "One two one two."},
			[]string{"One two three one two.", "Five six one two seven seven."},
			Rouge{0.9090909091, 0.5, 0.7272727273},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := NewRouge(tc.reference, tc.summary)
			for _, f := range []struct{ got, want float64 }{{got.R1, tc.want.R1}, {got.R2, tc.want.R2}, {got.Lsum, tc.want.Lsum}} {
				if math.Abs(f.got-f.want) > 1e-9 {
					t.Fatalf("got %v, want %v", got, tc.want)
				}
			}
		})
	}
}

// By hand: of the reference's 4 words and 3 pairs, 2 words and 1 pair are among the
// summary's 3 words and 2 pairs, so R1 = 2*2/(4+3), R2 = 2*1/(3+2).
func TestNewRouge_byHand(t *testing.T) {
	t.Parallel()
	got := NewRouge([]string{"the red old boat"}, []string{"the red car"})
	want := Rouge{4.0 / 7, 2.0 / 5, 4.0 / 7}
	if math.Abs(got.R1-want.R1)+math.Abs(got.R2-want.R2)+math.Abs(got.Lsum-want.Lsum) > 1e-9 {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The stems were computed with NLTK's PorterStemmer in its default mode.
func TestStem(t *testing.T) {
	t.Parallel()
	for _, pair := range strings.Fields(stems) {
		word, want, _ := strings.Cut(pair, "=")
		if got := stem(word); got != want {
			t.Errorf("stem(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestStem_neverFails(t *testing.T) {
	t.Parallel()
	letters := "abeilnrstyz"
	f := func(b []byte) bool {
		for i := range b {
			b[i] = letters[int(b[i])%len(letters)]
		}
		return len(stem(string(b))) <= len(b)+1
	}
	if err := quick.Check(f, &quick.Config{MaxCount: 5000}); err != nil {
		t.Error(err)
	}
}

const stems = `
	caresses=caress ponies=poni ties=tie dies=die died=die tied=tie cats=cat ss=ss feed=feed agreed=agre
	plastered=plaster bled=bled motoring=motor sing=sing conflated=conflat troubled=troubl sized=size
	hopping=hop tanned=tan falling=fall hissing=hiss fizzed=fizz failing=fail filing=file happy=happi sky=sky
	fly=fli enjoy=enjoy enjoyed=enjoy says=say boy=boy relational=relat conditional=condit rational=ration
	valency=valenc hesitancy=hesit digitizer=digit conformably=conform radically=radic differently=differ
	vilely=vile analogously=analog vietnamization=vietnam predication=predic operator=oper feudalism=feudal
	decisiveness=decis hopefulness=hope callousness=callous formality=formal sensitivity=sensit
	sensibility=sensibl triplicate=triplic formative=form formalize=formal electricity=electr electrical=electr
	hopeful=hope goodness=good revival=reviv allowance=allow inference=infer airliner=airlin gyroscopic=gyroscop
	adjustable=adjust defensible=defens irritant=irrit replacement=replac adjustment=adjust dependent=depend
	adoption=adopt homologous=homolog communism=commun activate=activ angularity=angular effective=effect
	bowdlerize=bowdler probate=probat rate=rate cease=ceas controlling=control roll=roll generalizations=gener
	oscillators=oscil news=news skies=sky dying=die innings=inning outing=outing canning=canning howe=howe
	proceed=proceed exceeded=exceed succeeding=succeed analogically=analog apologies=apolog geology=geolog
	psychologically=psycholog possibly=possibl carefully=care fully=fulli usefully=use really=realli
	naturally=natur generally=gener killing=kill killed=kill lying=lie tying=tie carried=carri carries=carri
	carry=carri marries=marri yyy=yyy eying=eye ying=ying able=abl table=tabl tables=tabl probable=probabl
	opinion=opinion religion=religion union=union million=million mission=mission missions=mission
	election=elect elections=elect nation=nation national=nation nationally=nation internationally=intern
	use=use used=use using=use user=user users=user being=be been=been seeing=see agreeing=agre freed=freed
	owed=owe owing=owe ates=ate ate=ate at=at on=on one=one ones=one ion=ion ions=ion eed=eed ing=ing inged=ing
	bees=bee trees=tree ski=ski skiing=ski taxi=taxi taxis=taxi bus=bu buses=buse gas=ga gases=gase crisis=crisi
	politics=polit political=polit politician=politician politicians=politician minister=minist ministers=minist
	ministry=ministri city=citi cities=citi country=countri countries=countri family=famili families=famili
	company=compani companies=compani policy=polici police=polic policies=polici university=univers
	universities=univers organization=organ organisations=organis organised=organis argument=argument
	argued=argu arguing=argu yesterday=yesterday youth=youth yielding=yield typing=type types=type
	hyphens=hyphen rhythm=rhythm syzygy=syzygi toy=toy toys=toy`
