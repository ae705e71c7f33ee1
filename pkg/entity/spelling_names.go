package entity

import "strings"

// arabicNames are given names, and words in the names of groups, that tell that a name
// was written in Arabic letters. Doubled letters
// count once.
var arabicNames = undoubledSet(`mohammed mohamad muhammad ahmed mahmoud hamid hamed hamad hassan hussein hossein ali omar osman uthman
	khaled tariq yasser yusuf yousef ibrahim ismail mustafa said saeed saad rashid karim jamal gamal kamal nasser nasrallah hafez
	bashar maher saddam osama ayman abu khalifa najib naguib nabih nabil walid rafik adel faisal haitham sameh hosni fayez zine
	qais kais beji marwan saeb riyad ashraf hibatullah haibatullah sirajuddin gulbuddin benazir pervez parvez nawaz shahbaz
	imran asif ruhollah qassem qasim javad abbas massoud masoud moammar muammar saif nouri haider muqtada mahdi jalal ziaur mujibur
	hasina hossain anwar sultan salman sulayman suleiman bilal amin amina aisha fatima layla leila zainab maryam khadija
	mansur mansour munir nadia nur rahman rahim rafiq ramadan ramzi sabri sadiq salah saleh salim samir sami shafiq sharif sherif
	tahir talal wael yahya yahia yehya zaki zayd ziad bassam bilal fadi fahd farid faruq farouk fawzi ghassan habib hadi hakim hani harun
	hashim hisham jabir jafar jaber laith majid malik mazen moataz mubarak nizar qadir raed raja rami rashad rauf salam
	shukri taha wissam yaser zaid ayatollah amir abdullah abdallah boutros butros naji ruhani hamza idris isa junaid mehdi reza hekmatyar
	hezbollah hizbullah hizballah taliban taleban fatah fateh houthi houthis huthis ansar ahrar jaish lashkar jemaah
	ahmad baji khalid tarik tarek yasir husni usama usman umar adil faysal haytham bashir nuri hafiz salih zayid seif sayf rashed nasir
	hayat kataib qaeda shabaab islamiya hamas`)

func undoubledSet(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[undoubled(w)] = true
	}
	return m
}

// arabicFolds are the same in their folded form.
var arabicFolds = folds()

func folds() map[string]bool {
	m := map[string]bool{}
	for name := range arabicNames {
		m[arabicFold(name)] = true
	}
	return m
}

// sameGiven leads from the forms that one given name has in Russian, Ukrainian, Belarusian
// and in English papers to one of them: officials of these countries are printed in
// either. Bare, in lower case.
var sameGiven = givenForms(
	"alexander aleksandr aleksander aleksandar alyaksandr oleksandr alexandr", "alexei aleksei aleksey alexey oleksii oleksiy",
	"vladimir wladimir volodymyr uladzimir", "sergei sergey serhii serhiy", "dmitry dmitri dmitriy dmitrii dmytro dmitro",
	"mikhail mykhailo mikhael mikheil michail mihail", "evgeny yevgeny yevgeniy evgeniy evgenii yevhen", "kirill kyrylo kiril",
	"svetlana sviatlana svitlana", "pyotr piotr petro petr", "yulia yuliya julia iuliia", "nikolai nikolay mykola", "andrei andrey andriy andrii",
	"viktor victor", "vitaly vitali vitaliy vitalii", "leo lev leon", "eduard edward edvard", "fyodor fedor feodor", "yuri yury yuriy yurii",
	"ivan ivanko", "konstantin konstantyn kostyantyn", "grigory grigori grigoriy hryhoriy", "elena yelena olena", "ekaterina yekaterina kateryna",
	"maxim maksim maksym", "anatoly anatoli anatoliy anatolii", "georgy georgi georgiy heorhiy", "arseny arseniy arsenii", "islam islom",
	"valery valeri valeriy valerii", "gennady gennadi gennadiy hennadiy", "denis denys", "benjamin binyamin benyamin",
)

func givenForms(lines ...string) map[string]string {
	m := map[string]string{}
	for _, line := range lines {
		forms := strings.Fields(line)
		for _, f := range forms {
			m[f] = forms[0]
		}
	}
	return m
}

// eastAsian are Chinese, Korean and Vietnamese family names, which stand first; the
// syllables behind them are one given name, with a hyphen, a space or neither.
var eastAsian = set(`kim lee yi rhee park pak moon yoon yun roh noh ban son choi jung jeong chung kang cho jo chang jang han shin oh seo
	kwon hwang ahn an song hong yang ko moo xi mao zhou deng jiang hu li wang zhang liu chen chan chiang sun tsai lai ma ho wen zhu zhao wu xu
	zhu lin he guo luo gao zheng liang xie tang feng cao peng zeng xiao tian dong pan yuan cai yu du ye cheng wei su lu ding
	nguyen tran pham le vo phan truong bui dang do ngo qin bo fu ren`)
