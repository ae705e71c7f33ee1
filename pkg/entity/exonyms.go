package entity

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/copydesk/copydesk/pkg/text"
)

//go:embed exonyms.tsv
var exonymsTSV string

// exonymsByHand are names that CLDR has not: inflected, in acronyms, in the usage of
// papers, and those of bodies of states. By language; the gazetteer's name, then the names.
var exonymsByHand = map[string]string{
	"de": `United States: USA|US|Vereinigten Staaten|Amerika
		United Kingdom: Großbritannien|Vereinigten Königreich|England
		Netherlands: Niederlanden|Holland
		Czech Republic: Tschechische Republik
		United Arab Emirates: Emirate|Emiraten|Vereinigten Arabischen Emiraten
		Ivory Coast: Elfenbeinküste
		Belarus: Weißrussland
		European Union: Europäische Union|Europäischen Union|EU
		European Commission: Europäische Kommission|Europäischen Kommission|EU-Kommission
		European Parliament: Europäisches Parlament|Europaparlament|Europäischen Parlament
		European Central Bank: Europäische Zentralbank|Europäischen Zentralbank|EZB
		United Nations: Vereinte Nationen|Vereinten Nationen|UNO|UN
		NATO: Nato
		World Bank: Weltbank
		World Health Organization: Weltgesundheitsorganisation|WHO
		International Monetary Fund: IWF|Internationaler Währungsfonds|Internationalen Währungsfonds`,
	"fr": `United States: Etats-Unis|Etats Unis|USA
		United Kingdom: Grande-Bretagne|Angleterre
		Czech Republic: République tchèque
		European Union: Union européenne|UE
		European Commission: Commission européenne
		European Parliament: Parlement européen
		European Central Bank: Banque centrale européenne|BCE
		United Nations: Nations unies|ONU
		NATO: OTAN
		World Bank: Banque mondiale
		World Health Organization: Organisation mondiale de la santé|OMS
		International Monetary Fund: FMI|Fonds monétaire international`,
	"es": `United States: EE.UU.|EE UU|EEUU
		United Kingdom: Gran Bretaña|Inglaterra
		Netherlands: Holanda
		Czech Republic: República Checa
		Ivory Coast: Costa de Marfil
		European Union: Unión Europea|UE
		European Commission: Comisión Europea
		European Parliament: Parlamento Europeo|Eurocámara
		European Central Bank: Banco Central Europeo|BCE
		United Nations: Naciones Unidas|ONU
		NATO: OTAN
		World Bank: Banco Mundial
		World Health Organization: Organización Mundial de la Salud|OMS
		International Monetary Fund: Fondo Monetario Internacional|FMI`,
	"it": `United States: USA|Usa
		United Kingdom: Gran Bretagna|Inghilterra
		Netherlands: Olanda
		Czech Republic: Repubblica Ceca
		European Union: Unione Europea|UE|Ue
		European Commission: Commissione Europea
		European Parliament: Parlamento Europeo
		European Central Bank: Banca centrale europea|BCE
		United Nations: Nazioni Unite|ONU|Onu
		NATO: Nato
		World Bank: Banca Mondiale
		World Health Organization: Organizzazione mondiale della sanità|OMS|Oms
		International Monetary Fund: Fondo monetario internazionale|FMI|Fmi`,
	"pt": `United States: EUA
		United Kingdom: Grã-Bretanha|Inglaterra
		Netherlands: Países Baixos
		Czech Republic: República Checa|República Tcheca
		European Union: União Europeia|UE
		European Commission: Comissão Europeia
		European Parliament: Parlamento Europeu
		European Central Bank: Banco Central Europeu|BCE
		United Nations: Nações Unidas|ONU
		NATO: NATO|OTAN
		World Bank: Banco Mundial
		World Health Organization: Organização Mundial da Saúde|OMS
		International Monetary Fund: Fundo Monetário Internacional|FMI`,
	"nl": `United States: VS|Amerika
		United Kingdom: Groot-Brittannië|Engeland
		Czech Republic: Tsjechische Republiek
		European Union: Europese Unie|EU
		European Commission: Europese Commissie
		European Parliament: Europees Parlement
		European Central Bank: Europese Centrale Bank|ECB
		United Nations: Verenigde Naties|VN
		NATO: NAVO|Navo
		World Bank: Wereldbank
		World Health Organization: Wereldgezondheidsorganisatie|WHO
		International Monetary Fund: IMF|Internationaal Monetair Fonds`,
}

var loadExonyms = sync.OnceValue(func() map[string]*gazetteer {
	all, err := parseExonyms()
	if err != nil {
		panic(err) // the names are part of the program, and a test reads them
	}
	return all
})

func parseExonyms() (map[string]*gazetteer, error) {
	all := map[string]*gazetteer{}
	for lang := range exonymsByHand {
		all[lang] = &gazetteer{aliases: map[string]alias{}, longest: map[string]int{}}
	}
	byCountry, byName := map[string]*record{}, map[string]*record{}
	for _, r := range loadGazetteer().records {
		byName[r.name] = r
		if r.kind == "country" {
			byCountry[r.country] = r
		}
	}
	for line := range strings.Lines(exonymsTSV) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(f) != 3 || all[f[0]] == nil {
			return nil, fmt.Errorf("exonyms: %q is no line of a language of theirs", line)
		}
		if r := byCountry[f[1]]; r != nil {
			all[f[0]].addExonym(r, f[2])
		}
	}
	for lang, lines := range exonymsByHand {
		for line := range strings.Lines(lines) {
			name, spellings, ok := strings.Cut(strings.TrimSpace(line), ": ")
			if r := byName[name]; r != nil && ok {
				for spelling := range strings.SplitSeq(spellings, "|") {
					all[lang].addExonym(r, spelling)
				}
			}
		}
	}
	return all, nil
}

// addExonym enters a name of a record in another language. Where two records have one
// name, the first keeps it.
func (g *gazetteer) addExonym(r *record, spelling string) {
	words := wordsOf(text.Scan(spelling))
	if len(words) == 0 {
		return
	}
	key := fold(words)
	if _, taken := g.aliases[key]; taken {
		return
	}
	a := alias{record: r, form: formName}
	if len(words) == 1 && words[0].acronym() {
		a.form, a.exact = formAcronym, strings.ReplaceAll(spelling, ".", "")
	}
	g.aliases[key] = a
	g.longest[words[0].folded] = max(g.longest[words[0].folded], len(words))
}
