// People from a table: made, known again by name and e-mail, and refused with row and column.
import Core
import Foundation
import GRDB
import Testing

@testable import Core

@Suite struct PersonImportTests {
    private static func people(_ entering: EnteringDepot) async throws -> [String] {
        try await entering.depot.store.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT name || ' ' || role || coalesce(' ' || email, '') || iif(active, '', ' gone') FROM person
                    ORDER BY name, email
                    """)
        }
    }

    @Test func `a table with German titles makes people, and a second one only changes what is different`() async throws
    {
        let entering = try await EnteringDepot()
        let text = """
            Mitarbeiter;Rolle;E-Mail-Adresse;Handy;Sprache;Notiz;Aktiv
            Łucja Gala;crew;lucja@example.org;+48 22 123;pl;"Höhe: nein; Nacht: ja";ja
            Jörg Öz;MANAGER;;;;;
            Ana Vidal;;ana@example.org;;;;
            """
        let report = try await entering.check(text, .people).report
        #expect(report[number: "creates"] == 2 && report[number: "updates"] == 1 && report[number: "errorCount"] == 0)
        #expect(try await entering.enter(text, .people).state == .done)
        let expected = [
            "Ana Vidal crew ana@example.org", "Ben Ortiz crew", "Jörg Öz manager", "Łucja Gala crew lucja@example.org",
        ]
        #expect(try await Self.people(entering).sorted() == expected.sorted())
        let again = try await entering.check(text, .people).report
        #expect(again[number: "unchanged"] == 3 && again[number: "creates"] == 0)
        let batch = try await entering.enter("name,active,phone\nłucja gala,nein,+48 22 124\n", .people)
        #expect(batch.state == .done && batch.total == 1)
        let gone = try #require(try await Self.people(entering).first { $0.lowercased().contains("gala") })
        #expect(gone == "łucja gala crew lucja@example.org gone")
        try await entering.undo(batch.id)
        #expect(try await Self.people(entering).sorted() == expected.sorted())
    }

    @Test func `two people of one name are told apart by their e-mail, and without it neither is meant`() async throws {
        let entering = try await EnteringDepot()
        for email in ["one@example.org", "two@example.org"] {
            let fields: JSON = ["name": "Kim Lee", "email": .string(email)]
            _ = try await RecordDesk<Person>(store: entering.depot.store).create(fields, by: entering.author)
        }
        let told = try await entering.check("name,email,phone\nkim lee,TWO@example.org,123\n", .people).report
        #expect(told[number: "updates"] == 1 && told[number: "errorCount"] == 0, "\(told.text)")
        #expect(try await entering.enter("name,email,phone\nkim lee,TWO@example.org,123\n", .people).state == .done)
        let phones = try await entering.depot.store.read { database in
            try String.fetchAll(
                database,
                sql:
                    "SELECT coalesce(phone, '-') FROM person WHERE name = 'Kim Lee' COLLATE NOCASE ORDER BY email COLLATE NOCASE"
            )
        }
        #expect(phones == ["-", "123"])
        let twice = try await entering.check(
            "name,email\nMo,m@example.org\nmo,M@example.org\nMo,n@example.org\n", .people)
        #expect(twice.report[list: "errors"].map { $0["message"]?.string } == ["mo is in row 2 already."])
        #expect(twice.report[list: "errors"].first?[number: "row"] == 3)
    }

    @Test(arguments: [
        (",crew,,,", "name", "Name is missing."),
        ("\(String(repeating: "n", count: 10_000)),crew,,,", "name", "Name has at most 100 characters."),
        ("Mo,boss,,,", "role", "Role is one of crew, manager, admin."),
        ("Mo,crew,here,,", "email", "An e-mail address is such as ana@example.org."),
        ("Mo,crew,,call me,", "phone", "A phone number is such as +49 30 1234567."),
        ("Mo,crew,,,Deutsch!", "language", "A language is a tag such as de or pt-BR."),
        ("Ana Vidal,,nobody,,", "email", "An e-mail address is such as ana@example.org."),
    ])
    func `a person who can not be entered is named with row and column`(
        row: String, column: String, message: String
    ) async throws {
        let entering = try await EnteringDepot()
        let (id, options, report) = try await entering.check(
            "name,role,email,phone,language\nOk One,crew,,,\n\n\(row)\n", .people)
        let errors = report[list: "errors"]
        #expect(errors.count == 1 && errors.first?[number: "row"] == 4, "\(report.text.prefix(500))")
        #expect(errors.first?["column"]?.string == column && errors.first?["message"]?.string == message)
        await #expect(throws: Failure(.conflict, "")) {
            _ = try await entering.imports.run(id, options, by: entering.author)
        }
        #expect(try await Self.people(entering).count == 2)
    }

    @Test func `only an admin gives and takes roles, by a table too, and never the last admin's`() async throws {
        let entering = try await EnteringDepot()
        let manager = Author(role: .manager)
        let text = "name,role\nMo,crew\nBo,manager\nAna Vidal,admin\n"
        let look = try await entering.imports.receive(Array(text.utf8), kind: .people, name: "people.csv")
        let options = ImportOptions(mapping: EnteringDepot.mapping(look), existing: .update, makesMissing: true)
        let id = look["id"]?.string ?? ""
        let errors = try await entering.imports.check(id, options, by: manager)[list: "errors"]
        #expect(errors.map { $0[number: "row"] } == [3, 4])
        #expect(errors.allSatisfy { $0["message"]?.string == "Only an admin gives and takes roles." })
        #expect(try await entering.enter(text, .people).state == .done)
        let last = try await entering.enter("name,role\nAna Vidal,crew\n", .people)
        #expect(last.state == .reverted && last.trouble?.contains("last active admin") == true, "\(last.trouble ?? "")")
        #expect(try await Self.people(entering).contains("Ana Vidal admin"))
    }
}
