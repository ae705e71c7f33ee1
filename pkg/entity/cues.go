package entity

import "strings"

// Words that tell what a capitalised run is. All in lower case, without stops.
var (
	// notNames are capitalised without being part of a name: what opens sentences, the
	// calendar, and adjectives that belong to no country.
	notNames = set(`a an the this that these those it its he she they we i you his her their our my your who what when where why
		how which while and but or nor so yet for if as at by in on of to from with without after before since until during
		over under between among about against despite because although though however meanwhile also both many most more some
		such no not now then there here one two three four five six seven eight nine ten last next first second third other
		another each every all any few several new old still even only just once is are was were be been has have had do did
		does will would can could may might must shall should let lets yes well oh
		monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
		october november december jan feb mar apr jun jul aug sep sept oct nov dec
		arab arabs muslim muslims christian christians jewish jew jews kurdish kurds european europeans african africans asian
		asians western eastern northern southern islamic sunni shiite shia catholic islamist english
		read see photo file advertisement copyright`)

	// titles stand before a person's name, or for one.
	titles = set(`mr mrs ms miss dr prof professor sir lord lady dame president vice prime minister deputy foreign chancellor
		secretary undersecretary ambassador envoy king queen prince princess crown emir sultan sheikh emperor pope cardinal
		bishop archbishop rabbi imam ayatollah senator sen representative rep congressman congresswoman governor gov mayor
		general gen major maj colonel col captain capt lieutenant lt sergeant sgt admiral adm commander marshal chief judge
		justice attorney director chairman chairwoman chair leader spokesman spokeswoman spokesperson commissioner premier
		speaker press interim acting former then ex coach officer inspector detective rev reverend madame mme`)

	// portfolios follow "of" or "for" in a title: Secretary of State.
	portfolios = set(`state defense defence treasury interior finance health justice staff affairs foreign energy education labor
		labour commerce transport agriculture culture economy trade homeland security the and of for house`)

	// organisationWords end or begin the name of an organisation.
	organisationWords = set(`ministry department bank university college school institute council committee commission
		authority agency association federation union party court tribunal parliament congress senate assembly corporation
		corp inc ltd plc llc co company group holdings industries airlines airways motors fund foundation trust office bureau
		service services police army navy guard guards force forces corps brigade brigades front movement league club
		network news times post herald tribune gazette journal radio television press society centre center hospital church
		observatory organization organisation alliance coalition partners museum board exchange wire united cabinet charity`)

	// speech are the verbs that bind a quotation to its speaker.
	speech = set(`said says told tells added adds adding wrote writes tweeted insisted insists warned warns argued argues replied replies
		asked asks explained explains announced declared declares stated states noted notes continued continues recalled recalls
		acknowledged acknowledges concluded concludes admitted admits stressed stresses answered answers responded agreed predicted
		predicts shouted joked quipped remarked observed claimed claims called calls described describes regretted praised condemned denounced
		promised vowed urged complained saying`)

	// spoken are the verbs that speak with the word behind them: went on, shot back.
	spoken = map[string]string{"went": "on", "goes": "on", "shot": "back", "hit": "back", "fired": "back"}

	// offices are what a speaker is called instead of by name, beside titles.
	offices = set(`minister spokesman spokeswoman president chairman chief executive owner driver captain novelist economist coach head
		envoy mayor author striker baker doctor lawyer inspector scientist professor union company authority agency federation bank
		ministry commission group institute council`)

	// givenNames begin persons' names more often than anything else.
	givenNames = set(`james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony
		mark donald steven paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan jacob gary
		nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory frank alexander raymond patrick jack
		dennis jerry tyler aaron jose adam nathan henry peter zachary walter kyle jeremy ethan keith roger terry sean austin
		mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty sandra margaret ashley
		kimberly emily donna michelle carol amanda melissa deborah stephanie rebecca laura sharon cynthia kathleen amy angela
		anna ruth jane alice maria elena olga natalia ivan dmitri sergei vladimir igor mikhail andrei hans klaus jürgen ilse
		pierre jean jacques marie luc françois carlos juan luis miguel pedro pablo javier ana carmen giovanni marco giuseppe
		mohammed mohammad muhammad mohamed ahmed ahmad ali hassan hussein omar khaled abdullah ibrahim mustafa yusuf fatima
		aisha layla samir tariq mahmoud benny yair avi moshe david rachel wei li ming hiroshi kenji yuki akira raj priya amit
		sanjay anil mira tomas lars erik nils ingrid astrid sven`)

	// particles join the parts of a name in lower case.
	particles = set(`of bin bint ibn ben al el de da das do dos del della di du des la le van von der den ter ten abu y e`)
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// plain is the form in which a word stands in the lists.
func plain(form string) string { return strings.TrimSuffix(strings.ToLower(form), ".") }
