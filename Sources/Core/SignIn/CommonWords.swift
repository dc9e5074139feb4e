// The words that passphrases are made of first: what people type when a box asks for one, names, teams, pets, what this
// trade says all day. Written by hand for this box; Passphrase.swift says how they count.

extension Passphrase {
    /// Folded, as ``Passphrase`` compares.
    static let words = Set(
        """
        password passwort passwd pass passphrase passcode kennwort geheim secret letmein welcome willkommen bienvenue \
        bienvenido default changeme change admin administrator root user guest login logon signin master manager test \
        testing tester demo sample example temp temporary access open sesame trustno one iloveyou ilove you loveyou love \
        lover lovely love me forever baby babygirl babyboy angel angels honey sweet sweetie sweetheart princess prince \
        queen king superman batman spiderman ironman pokemon naruto starwars star wars matrix startrek hunter ranger \
        dragon dragons monkey tiger lion eagle eagles falcon shark panther wolf horse dog dogs cat cats kitty bunny \
        butterfly dolphin ninja samurai pirate knight wizard shadow ghost killer hacker legend phoenix mustang ferrari \
        porsche mercedes corvette camaro yamaha harley toyota honda audi bmw jaguar football fussball soccer baseball \
        basketball hockey golf golfer tennis rugby cricket cowboys steelers yankees lakers raiders chelsea arsenal \
        liverpool barcelona madrid juventus manchester united bayern dortmund schalke summer sommer winter spring autumn \
        herbst fruhling monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag \
        freitag samstag sonntag january february march april may june july august september october november december \
        flower flowers rainbow sunshine sunset moon moonlight starlight heaven silver golden gold diamond crystal purple \
        orange yellow green blue red black white pink cookie cookies chocolate cheese banana apple cherry peaches pepper \
        ginger pumpkin coffee whisky vodka beer bier pizza computer internet windows linux ubuntu debian samsung google \
        facebook youtube twitter instagram whatsapp microsoft apple amazon ebay netflix playstation nintendo xbox minecraft \
        fortnite zelda mario sonic gamer player michael jennifer jessica daniel david andrew thomas charles joshua matthew \
        robert william anthony christopher patrick richard alexander alexandra nicholas benjamin jonathan samantha \
        elizabeth michelle nicole stephanie amanda ashley melissa sarah laura julia anna emma lisa maria sophie charlotte \
        victoria natalie natasha daniela christina katharina claudia sandra sabine andrea martin stefan sebastian markus \
        peter george james john jack harry oliver charlie buster maggie max maxwell buddy rocky jordan taylor hannah \
        america canada england germany deutschland france espana italia london paris berlin hamburg munchen wien zurich \
        madrid roma newyork chicago boston dallas texas florida california jesus christ christian god blessed faith hope \
        freedom peace power magic lucky happy smile friends friend family mother father sister brother mama papa hello \
        hallo bonjour hola ciao goodbye whatever nothing everything something qwerty qwertz azerty asdf asdfgh asdfghjkl \
        zxcvbn yxcvbn qwer qazwsx qaz wsx edc abc abcd abcdef xyz music guitar piano rock metal metallica nirvana slipknot \
        eminem beatles rolling stones singer dancer dance party camera cameras lens light lights lighting licht sound ton \
        audio video film stage buhne truss tripod cable kabel rental verleih lager depot depotd warehouse inventory scanner \
        barcode equipment gear crew company firma office buro door tor tur key schlussel box case server system security \
        secure private public network wlan wifi router raspberry
        """.split(separator: " ").map(String.init))
}
