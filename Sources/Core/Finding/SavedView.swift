// What a list showed, kept under a name to come back to: one's own, or shared with everybody.
package import Foundation
package import GRDB

/// A list's filters and order under a name.
package struct SavedView: RegistryRecord {
    package typealias ID = Identifier<SavedView>

    package let id: ID
    /// The page it is of, such as `gear`.
    package let page: String
    package let name: String
    /// What follows the question mark of the page's address.
    package let query: String
    /// Whose it is; nil when a program made it.
    package let person: NamedReference<Person>?
    package let isShared: Bool
    package var version: Int64
    package var updated: Date

    package static let table = RecordTable(
        name: "saved_view", topic: .views, word: "view", heading: "name",
        fields: [
            RecordField("page", "Page", .line(50), .required),
            RecordField("name", "Name", .line(100), .required),
            RecordField("query", "Query", .line(2_000), .preset),
            RecordField("isShared", column: "is_shared", "Shared", .flag, .preset),
            RecordField("person", "Person", .reference(table: "person", word: "person")),
        ], seeds: ["query": "".databaseValue])

    package init(row: Row) throws {
        id = row["id"]
        page = row["page"]
        name = row["name"]
        query = row["query"]
        person = NamedReference(id: row["person"], name: row["person_name"])
        isShared = row["is_shared"]
        version = row["version"]
        updated = Date(milliseconds: row["updated"])
    }

    static let selection = """
        SELECT saved_view.*, person.name AS person_name
        FROM saved_view LEFT JOIN person ON person.id = saved_view.person
        """

    package static func find(_ id: ID, in database: Database) throws -> SavedView? {
        try fetchOne(database.cachedStatement(sql: selection + " WHERE saved_view.id = ?"), arguments: [id.rawValue])
    }

    /// The view as the API gives it.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "page": .string(page), "name": .string(name), "query": .string(query),
            "isShared": .bool(isShared), "person": person.orNull(), "version": .int(version),
            "updatedAt": .time(updated),
        ]
    }
}

/// Keeps and lists views. Everybody has views of their own; shared ones are made and removed by managers.
package struct ViewBook: Sendable {
    private let store: Store

    package init(store: Store) { self.store = store }

    /// The shared views and the person's own by name.
    ///
    /// - Parameter page: of this page; of all if nil.
    package func views(of person: Person.ID?, page: String?) async throws -> [SavedView] {
        try await store.read { database in
            try SavedView.fetchAll(
                database,
                sql: SavedView.selection + """
                     WHERE (is_shared OR saved_view.person = :person) AND page = coalesce(:page, page)
                    ORDER BY page, is_shared DESC, saved_view.name COLLATE NOCASE, saved_view.id
                    """, arguments: ["person": person?.rawValue, "page": page])
        }
    }

    /// Keeps a view.
    ///
    /// - Throws: `conflict` when there is one of that name; `forbidden` to share it without being a manager; `invalid`.
    package func add(_ fields: JSON, role: Role, by author: Author) async throws -> Edited<SavedView> {
        guard fields["isShared"] != .bool(true) || role >= .manager else {
            throw Failure(.forbidden, "Only managers share views.", field: "isShared")
        }
        return try await store.write { transaction in
            let members = fields.members.filter { $0.key != "person" }
            let owner = JSON.Member(key: "person", value: .optional(author.person?.rawValue))
            do {
                return try RecordEdit.create(SavedView.self, .object(members + [owner]), by: author, in: transaction)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
                throw Failure(.conflict, "There is a view of that name already.", field: "name", cause: "\(error)")
            }
        }
    }

    /// Removes a view.
    ///
    /// - Throws: `notFound`; `forbidden` when it is somebody else's, or shared and the person is no manager.
    package func remove(_ id: SavedView.ID, role: Role, by author: Author) async throws -> Edited<SavedView> {
        try await store.write { transaction in
            let view = try RecordEdit.find(id, in: transaction.database)
            let isOwn = view.person?.id == author.person
            guard view.isShared ? role >= .manager : isOwn else {
                throw Failure(
                    .forbidden, view.isShared ? "Ask a manager to remove this view." : "This view is somebody else's.")
            }
            return try RecordEdit.remove(id, by: author, in: transaction)
        }
    }
}
