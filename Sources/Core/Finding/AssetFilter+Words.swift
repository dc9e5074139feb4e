// What was typed as filters. A word is in a piece's own text, or it names the person who has it or the project it is out
// for. Which of the two it is, and how many texts have it, is asked first: a rare word is looked up once for all rows,
// a frequent one is looked for in each row's text.
import GRDB

extension AssetFilter {
    /// A word, and who may hold gear and is named by it.
    private struct Word {
        let text: String
        /// Whether a row's text has it; nil when no text has.
        var says: SQL?
        let people: [String]
        let projects: [String]

        /// Whether it names nobody.
        var isOwn: Bool { people.isEmpty && projects.isEmpty }

        /// Whether a row of `custody` is of somebody it names.
        var isHeld: SQL {
            """
            (custody.person IN (SELECT value FROM json_each(\(AssetFilter.list(people))))
              OR custody.project IN (SELECT value FROM json_each(\(AssetFilter.list(projects)))))
            """
        }
    }

    /// A word that names somebody who may hold gear is a filter of its own, because its gear is in several indexes; the
    /// others are one question to the text index.
    mutating func addWords(_ text: SearchText, in database: Database) throws {
        guard !text.isEmpty else { return }
        guard !text.isHopeless else { return append(.words, "0", [Rows(all: "FROM asset WHERE 0")]) }
        let words = try text.words.map { try Self.word($0, upTo: bounds.gathered, in: database) }
        // The most telling filter first: where all have many rows, that one is put in order.
        let own = words.filter(\.isOwn).map(\.text)
        try addOwn(own, in: database)
        let names = try words.filter { !$0.isOwn }.compactMap { try told($0, beside: own, in: database) }
        for word in names.sorted(by: { $0.text.count > $1.text.count }) {
            let isHeld: SQL = """
                EXISTS (SELECT 1 FROM custody WHERE custody.asset = asset.id AND \(word.isHeld))
                """
            append(
                .words, word.says.map { "(\($0) OR \(isHeld))" } ?? isHeld,
                Self.sources(of: word, with: names.filter { $0.text != word.text }))
        }
    }

    /// Words that only a row's own text can have.
    private mutating func addOwn(_ words: [String], in database: Database) throws {
        guard !words.isEmpty else { return }
        let count = try Self.count(words, upTo: bounds.gathered, in: database)
        let isRare = count <= bounds.gathered
        let check = isRare ? Self.isAmong(words) : words.map(Self.says).joined(separator: " AND ")
        append(.words, check, [Self.saying(words)])
        parts[parts.count - 1].isLight = isRare
        parts[parts.count - 1].hitCount = count
    }

    /// A name beside words that not many texts have: its own texts are those of them that have it too. Nil when all of
    /// them have it, as it leaves nothing out then.
    private func told(_ word: Word, beside own: [String], in database: Database) throws -> Word? {
        guard let count = parts.last?.hitCount, count <= bounds.gathered else { return word }
        let both = try Self.count(own + [word.text], upTo: bounds.gathered, in: database)
        guard both < count else { return nil }
        var word = word
        word.says = both > 0 ? Self.isAmong(own + [word.text]) : nil
        return word
    }

    // MARK: - Text

    private static func match(_ words: [String]) -> SQL {
        "asset_search MATCH \(words.map(SearchText.match).joined(separator: " AND "))"
    }

    private static func count(_ words: [String], upTo countMax: Int, in database: Database) throws -> Int {
        try Int.fetchOne(
            database,
            SQLRequest(
                literal:
                    "SELECT count(*) FROM (SELECT 1 FROM asset_search WHERE \(match(words)) LIMIT \(countMax + 1))",
                cached: true)) ?? 0
    }

    /// Whether a row's text has the word.
    private static func says(_ word: String) -> SQL {
        "instr((SELECT text FROM asset_text WHERE docid = asset.docid), \(SearchText.needle(word))) > 0"
    }

    /// Whether a row's text has all of the words; all rows that have them are gathered first.
    private static func isAmong(_ words: [String]) -> SQL {
        "asset.docid IN (SELECT rowid FROM asset_search WHERE \(match(words)))"
    }

    /// The rows whose text has all of the words.
    private static func saying(_ words: [String]) -> Rows {
        Rows(
            all: """
                FROM asset_search CROSS JOIN asset INDEXED BY asset_found ON asset.docid = asset_search.rowid
                WHERE \(match(words))
                """, hits: "FROM asset_search WHERE \(match(words))", docid: "asset_search.rowid")
    }

    // MARK: - Names

    private static func word(_ text: String, upTo countMax: Int, in database: Database) throws -> Word {
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT id, kind = 'person' FROM name_search WHERE name_search MATCH ?"),
            arguments: [SearchText.match(text)])
        let people = rows.filter { $0[1] }.map { $0[0] as String }
        let projects = rows.filter { !$0[1] }.map { $0[0] as String }
        guard !rows.isEmpty else { return Word(text: text, says: nil, people: [], projects: []) }
        let count = try count([text], upTo: countMax, in: database)
        let says = count > countMax ? says(text) : count > 0 ? isAmong([text]) : nil
        return Word(text: text, says: says, people: people.sorted(), projects: projects.sorted())
    }

    /// What has the word in its text, and what is held by whom it names. Of the latter, `others` leave out at once what
    /// is held by somebody whom they do not name.
    private static func sources(of word: Word, with others: [Word]) -> [Rows] {
        var sources = [saying([word.text])]
        if !word.people.isEmpty { sources.append(held("person", "custody_person", by: word.people, and: others)) }
        if !word.projects.isEmpty { sources.append(held("project", "custody_project", by: word.projects, and: others)) }
        return sources
    }

    private static func held(_ column: String, _ index: String, by ids: [String], and others: [Word]) -> Rows {
        let held: SQL = """
            FROM json_each(\(list(ids))) AS holder
            CROSS JOIN custody INDEXED BY \(sql: index) ON custody.\(sql: column) = holder.value
            """
        let checks = others.map { word in word.says.map { "(\(word.isHeld) OR \($0))" } ?? word.isHeld }
        let nameChecks = others.filter { $0.says == nil }.map(\.isHeld)
        return Rows(
            all: "\(held) CROSS JOIN asset INDEXED BY asset_found ON asset.docid = custody.asset_docid WHERE 1",
            checks: checks,
            hits: "\(held) WHERE \((["1"] + nameChecks).joined(separator: " AND "))", docid: "custody.asset_docid")
    }
}
