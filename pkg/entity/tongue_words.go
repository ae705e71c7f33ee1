package entity

// tongues are the languages whose names are found by rules: written in Latin script, with
// capitals for names. All words are in lower case.
var tongues = map[string]*tongue{
	"de": {
		nouns:     true,
		particles: set(`von van zu der den de`),
		elisions:  nil,
		roles: set(`herr herrn frau dr prof professor professorin präsident präsidentin kanzler kanzlerin bundeskanzler bundeskanzlerin minister
			ministerin bürgermeister bürgermeisterin richter richterin architekt architektin trainer trainerin könig königin papst bischof
			erzbischof kardinal general oberst hauptmann kommissar kommissarin senator senatorin sprecher sprecherin direktor direktorin
			staatsanwalt staatsanwältin anwalt anwältin abgeordnete abgeordneter chef chefin vorsitzende vorsitzender autor autorin`),
		roleEnds: []string{"minister", "ministerin", "präsident", "präsidentin", "meister", "meisterin", "sprecher", "sprecherin", "chef", "chefin", "kanzler", "trainer", "sekretär", "sekretärin", "kommissar", "direktor", "richter", "richterin"},
		heads:    set(`sparkasse universität hochschule klinikum bistum landgericht amtsgericht stadtwerke kreissparkasse volksbank`),
		tails:    set(`ag gmbh kg kgaa se ev eg ohg ug`),
		kinds:    set(`unternehmen firma konzern betreiber hersteller anbieter tochter start-up startup versicherer verlag`),
		bodies: set(`bank bahn post union rundfunk bund verband kreuz partei telekom börse akademie gesellschaft museum institut nationalbank zentralbank
			zeitung fußball-bund presse-agentur rentenversicherung wetterdienst bundesbank gewerkschaftsbund`),
		in:       set(`in aus nach bei von bis`),
		seats:    set(`stadt land provinz gemeinde insel bundesland hafenstadt hauptstadt`),
		and:      "und",
		articles: set(`der die das dem den des vom zur zum beim`),
	},
	"fr": {
		particles: set(`de du des de la le les`),
		elisions:  []string{"l", "d", "n", "s", "j", "m", "t", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "aujourd"},
		roles: set(`m mm mme mlle dr pr président présidente ministre maire préfet préfète député députée sénateur sénatrice juge procureur
			procureure avocat avocate professeur professeure architecte directeur directrice général colonel roi reine prince princesse pape
			évêque cardinal entraîneur entraîneuse écrivain porte-parole secrétaire chancelier chancelière gouverneur patron patronne capitaine`),
		heads: set(`syndicat association banque musée fondation université clinique hôpital fédération confédération union institut parti
			ministère conseil cour tribunal compagnie société groupe comité ligue agence école académie observatoire théâtre orchestre`),
		tails:    set(`sa sas sarl se`),
		in:       set(`à en vers depuis près chez dans`),
		weakIn:   set(`à`),
		of:       set(`de d`),
		seats:    set(`ville port maire mairie commune préfet préfète région province île aéroport gare rue`),
		and:      "et",
		articles: set(`le la les l du des de d au aux par`),
	},
	"es": {
		particles: set(`de del la las los y`),
		roles: set(`sr sra srta dr dra don doña presidente presidenta ministro ministra alcalde alcaldesa diputado diputada senador senadora juez
			jueza fiscal abogado abogada profesor profesora arquitecto arquitecta director directora general coronel rey reina príncipe princesa
			papa obispo cardenal entrenador entrenadora escritor escritora portavoz secretario secretaria canciller gobernador gobernadora
			doctor doctora capitán consejero consejera concejal expresidente vicepresidente vicepresidenta`),
		heads: set(`sindicato asociación banco museo fundación universidad clínica hospital federación confederación unión instituto partido
			ministerio consejo corte tribunal compañía grupo comité liga agencia escuela academia observatorio teatro orquesta cámara`),
		tails:    set(`sa sl slu sau`),
		in:       set(`en desde hacia hasta a`),
		weakIn:   set(`en`),
		of:       set(`de`),
		seats:    set(`ciudad puerto alcalde alcaldesa provincia región isla aeropuerto municipio vecinos`),
		and:      "y",
		articles: set(`el la los las del de al por`),
	},
	"it": {
		particles: set(`di de del della dei degli delle dello dell dal da la lo e`),
		elisions:  []string{"l", "d", "un", "dell", "dall", "all", "nell", "sull", "quell", "quest", "c", "coll"},
		roles: set(`sig signor signora dott dottor dottoressa presidente ministro ministra sindaco sindaca deputato deputata senatore senatrice
			giudice procuratore avvocato avvocata professore professoressa professor architetto direttore direttrice generale colonnello re regina
			principe principessa papa vescovo cardinale allenatore allenatrice scrittore scrittrice portavoce segretario segretaria cancelliere
			governatore consigliere consigliera capitano premier`),
		heads: set(`sindacato associazione banca museo fondazione università clinica ospedale federazione confederazione unione istituto partito
			ministero consiglio corte tribunale compagnia gruppo comitato lega agenzia scuola accademia osservatorio teatro orchestra regione`),
		tails:    set(`spa srl sas snc`),
		in:       set(`a ad in da verso`),
		of:       set(`di`),
		seats:    set(`città porto sindaco sindaca comune provincia isola aeroporto terminal tribunale procura stazione`),
		and:      "e",
		articles: set(`il lo la i gli le l del dello della dei degli delle dell al dal dalla dallo dall alla allo all di`),
	},
	"pt": {
		particles: set(`de do da dos das e`),
		roles: set(`sr sra dr dra dom dona presidente ministro ministra prefeito prefeita deputado deputada senador senadora juiz juíza procurador
			procuradora advogado advogada professor professora arquiteto arquiteta diretor diretora general coronel rei rainha príncipe princesa
			papa bispo cardeal treinador treinadora escritor escritora porta-voz secretário secretária chanceler governador governadora médico
			médica doutor doutora vereador vereadora`),
		heads: set(`sindicato associação banco museu fundação universidade clínica hospital federação confederação união instituto partido
			ministério conselho corte tribunal companhia grupo comité comitê liga agência escola academia observatório teatro orquestra câmara`),
		tails:    set(`sa ltda lda`),
		in:       set(`em para desde até`),
		weakIn:   set(`em`),
		of:       set(`de`),
		seats:    set(`cidade porto câmara prefeito prefeita prefeitura província região ilha aeroporto município`),
		and:      "e",
		articles: set(`o a os as do da dos das ao pela pelo na no de`),
	},
	"nl": {
		particles: set(`van de der den het 't ten ter te in op el`),
		roles: set(`dhr mevr mevrouw meneer dr prof drs mr president minister premier burgemeester wethouder rechter advocaat hoogleraar professor
			architect directeur generaal kolonel koning koningin prins prinses paus bisschop kardinaal trainer schrijver schrijfster voorzitter
			woordvoerder woordvoerster secretaris kanselier gouverneur raadslid kamerlid staatssecretaris commissaris officier vice-premier`),
		roleEnds: []string{"minister", "president", "voorzitter", "leider", "meester"},
		heads:    set(`bond stichting vereniging bank museum universiteit ziekenhuis federatie unie instituut partij ministerie raad hof gerechtshof`),
		tails:    set(`nv bv vof`),
		in:       set(`in uit naar te bij`),
		weakIn:   set(`in uit naar`),
		of:       set(`van`),
		seats:    set(`stad provincie gemeente eiland burgemeester haven haventerrein rechtbank`),
		and:      "en",
		articles: set(`de het van der bij door aan`),
	},
}

// notForeign are capitalised inside sentences of these languages without naming a person,
// an organisation or a place.
var notForeign = set(`el la los las le les il lo gli o os as un une uno una um uma een de het der die das den dem des ein eine
	montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag januar februar märz april mai juni juli august september oktober
	november dezember maandag dinsdag woensdag donderdag vrijdag zaterdag zondag janvier février mars avril juin juillet août septembre octobre
	novembre décembre enero febrero marzo mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio aprile maggio giugno
	luglio settembre ottobre dicembre janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
	noël pâques toussaint navidad pascua natale pasqua natal páscoa kerst pasen weihnachten ostern ramadan semana dios dieu dio deus god gott
	internet facebook twitter google youtube instagram estado état stato staat gobierno gouvernement governo justicia justice giustizia
	franse duitse belgische nederlandse europese amerikaanse engelse britse russische chinese spaanse italiaanse turkse poolse oekraïense
	metro maître monsieur madame mesdames messieurs ministério público`)

// determiners stand before many things and no surname.
var determiners = set(`el los las le la les il i gli os as`)

// notAcronyms are letters that name nobody.
var notAcronyms = set(`tv lkw pkw akw pib iva tva bip ok dna adn aids sida hiv vih vips vip ceo cfo dvd pdf sms gps usb ice tgv ave abs led lcd wc km kg mw
	gmbh ag kg nv bv sa sl spa srl uhr ii iii iv vi vii viii ix xi xii xiii xiv xv xvi xx xxi hd pc it ki ia ai rn dj fm am pm mwst cdo co ca
	euro eur usd ong ngo pme öpnv bmi kmu qr wm em iso`)

// notCities are German nouns that are towns, too. Essen and Halle are missed for it.
var notCities = set(`ende mitte anfang hagen bergen singen rust wahlen grund haus land see berg tal au feld bad stadt markt krieg frieden wasser
	sand stein bruch holz bau kirchen osten westen norden süden neustadt altstadt freude leben liebe mode weg lage essen halle siegen`)

// foreignGiven begin persons' names in these languages, beside givenNames.
var foreignGiven = set(`
	alexander andreas anja anke anna anton armin astrid barbara beate bernd bettina birgit björn brigitte christian christina christine claudia
	daniela detlef dieter dirk doris elke emil erich ernst eva felix florian franz frank friedrich fritz gabriele georg gerd gerhard gisela günter
	günther hannah hans harald heike heinrich heinz helga helmut henrik herbert holger horst ilse inge ingrid jan jens joachim johann johannes
	jonas josef julia jürgen jörg kai karin karl karsten katja katrin kerstin klaus konrad kurt lars lena leon lisa lothar luisa lukas manfred
	manuela marcel markus marion martin martina matthias max michael michaela monika nadine nicole niklas norbert olaf oliver otto paul paula peter
	petra philipp rainer ralf regina reinhard renate robert roland rolf rudolf rüdiger sabine sandra sebastian silke simon simone sonja stefan
	stefanie stephan susanne sven thomas thorsten till tim tobias torsten udo ulrich ulrike ursula ute uwe volker walter werner wilhelm wolfgang
	wolodymyr wladimir sergej karim omar amir
	adrien agnès alain albert alexandre alexis alice amélie andré anne antoine arnaud arthur aurélie benoît bernadette bernard bertrand brigitte
	bruno camille caroline cécile charles chloé christelle christophe claire claude clément colette corinne cyril damien david delphine denis
	didier dominique édouard élisabeth élise emma emmanuel emmanuelle éric estelle étienne eugène fabien fabrice florence françois françoise
	frédéric gabriel gaël georges gérard gilles guillaume guy hélène henri hervé hugo hugues inès isabelle jacqueline jacques jean jeanne jérémy
	jérôme joseph julie julien juliette justine laetitia laurence laurent léa léon louis louise luc lucie madeleine manon marc marcel margaux
	marguerite marie marion martine mathieu mathilde matthieu maurice maxime michel michèle mireille monique nathalie nicolas noémie odile
	olivier pascal patrice patricia patrick paul pauline philippe pierre rachida raphaël raymond régis rémi rené robert roger roland romain
	sandrine sébastien serge sophie stéphane stéphanie suzanne sylvain sylvie théo thérèse thibault thierry thomas valérie véronique victor
	vincent virginie xavier yann yannick yves yvette
	adolfo adriana agustín alberto alejandra alejandro alfonso alfredo alicia álvaro amparo ana andrea andrés ángel ángela antonio arturo beatriz
	begoña belén bernardo blanca camila carla carlos carlota carmen carolina catalina cecilia césar clara claudia concepción consuelo cristina
	cristóbal daniel daniela david diana diego dolores domingo eduardo elena elvira emilia emilio enrique ernesto esperanza esteban esther eugenia
	eva fabiola felipe félix fernanda fernando francisca francisco gabriela gerardo gloria gonzalo guadalupe guillermo gustavo héctor hernán
	hugo ignacio inés íñigo iñaki isabel isidro ismael iván jaime javier jesús joaquín jorge josé josefa juan juana julia julián julio laura leonor
	leticia lola lorena lorenzo lourdes lucas lucía luis luisa manuel manuela marcela marcos margarita maría mariana mariano marina mario marisol
	marta martín mateo matías mercedes miguel miriam mónica montserrat natalia nicolás noelia nuria octavio olga óscar pablo paloma paola patricia
	paula pedro pilar rafael ramiro ramón raquel raúl rebeca ricardo roberto rocío rodrigo rosa rosario rubén salvador santiago sara sebastián
	sergio silvia simón sofía soledad susana teresa tomás valentina vanesa vicente víctor violeta virginia xavier yolanda
	alessandra alessandro alessia alessio angelo angela antonella antonio arianna aurora barbara beatrice bianca bruno camilla carla carlo caterina
	chiara cinzia claudio corrado cristiano daniele dario davide debora diego domenico donatella edoardo elena eleonora elisa elisabetta emanuele
	emma enrico enzo fabio fabrizio federica federico filippo flavia francesca francesco franco gaetano gennaro giacomo gianluca gianni giorgia
	giorgio giovanna giovanni giulia giuliano giulio giuseppe grazia greta guido ignazio ilaria irene jacopo laura leonardo letizia lidia livia
	lorenzo luca lucia luciano luigi luisa maddalena manuela marcello marco margherita maria marina mario martina massimo matteo maurizio mauro
	michela michele mirko monica nicola nicolò noemi ornella paola paolo pasquale patrizia piero pietro raffaele renato riccardo rita roberta roberto
	rocco romano rosa salvatore sandro sara sergio serena silvia silvio simona simone sofia stefania stefano teresa tiziana tommaso umberto
	valentina valeria valerio vincenzo vittoria vittorio
	afonso amélia antónio antônio aníbal artur augusto bárbara beatriz bernardo bruna caetano cátia célia cristiano diogo duarte edson eduarda
	fábio fátima felipe filipa filipe flávia flávio francisca frederico geraldo gilberto gonçalo graça guilherme helena henrique hélio inácio inês
	isabel ivo jair joana joão joaquim jorge josé júlia júlio leonor lúcia luciana luciano lúcio luís luiz mafalda manuel márcia márcio mariana
	marta matilde mauro miguel mónica murilo natália nelson nuno otávio patrícia paula paulo pedro rafaela raimundo raquel regina renata renato
	ricardo rita rodrigo rogério rosa rui sandra sara sérgio sílvia simão sofia sónia susana tânia teresa thiago tiago tomás vanessa vasco vera
	vítor vitória zeca
	aad ahmed anita annelies annemarie arie arjen bart bas bram caspar coen cor daan diederik dirk eline elly els erik esmee eva femke floor
	fleur frits geert gerard gerda gerrit greet guus hanneke hans harm hendrik henk herman hugo huub ineke ivo jaap jacob jan janneke jasper jelle
	jeroen jesse jet joep johan johanna joost joris jos judith kees klaas koen lars leen lieke liesbeth lisa lotte maarten maartje maria marieke
	marijke marjan mark marloes martijn mathijs mees menno merel michiel mieke milan nanda nico niels nienke noor olga onno paul peter piet pieter
	pim remco renske rick rik rob robbert roel ronald rob ruud sander sanne sem sjoerd stijn sven teun theo thijs thom tijn tineke tom ton truus
	wim wouter yvonne samira fatima`)
