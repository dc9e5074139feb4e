// A room that people talk in. Who may see what of it is RoomAccess.swift's; how it is made and who is in it, RoomBook's.
package import Foundation
package import GRDB

/// A room that people talk in.
package struct Room: Sendable, FetchableRecord {
    package typealias ID = Identifier<Room>

    package enum Kind: String, Sendable, CaseIterable {
        /// Made by itself when a project is accepted; the people of the project are in it.
        case project
        /// Two people.
        case direct
        /// Made by a manager for a piece of work, with whom they choose.
        case job
        /// The depot's own: everybody reads, managers write.
        case announcements
    }

    /// A short name of the room in this file.
    let number: Int64
    package let id: ID
    package let kind: Kind
    /// What a job room is called.
    let name: String?
    package let project: NamedReference<Project>?
    /// After how many days a message goes; nil for never.
    package let retentionDays: Int64?
    /// The place of its last message; 0 for none.
    package let last: Int64
    package let made: Date
    package let version: Int64

    package init(row: Row) throws {
        number = row["number"]
        id = row["id"]
        kind = Kind(rawValue: row["kind"]) ?? .job
        name = row["name"]
        project = NamedReference(id: row["project"], name: row["project_name"])
        retentionDays = row["retention_days"]
        last = row["last"]
        made = Date(milliseconds: row["at"])
        version = row["version"]
    }

    static let selection = """
        SELECT room.*, project.name AS project_name FROM room LEFT JOIN project ON project.id = room.project
        """

    static func find(_ id: ID, in database: Database) throws -> Room? {
        try fetchOne(database.cachedStatement(sql: selection + " WHERE room.id = ?"), arguments: [id.rawValue])
    }

    static func find(of project: Project.ID, in database: Database) throws -> Room? {
        try fetchOne(
            database.cachedStatement(sql: selection + " WHERE room.project = ?"), arguments: [project.rawValue])
    }

    static func announcements(in database: Database) throws -> Room? {
        try fetchOne(database.cachedStatement(sql: selection + " WHERE kind = 'announcements'"))
    }

    /// What the room is called; a room of two is called by the other one's name, which only they know.
    package var title: String {
        switch kind {
        case .project: project?.name ?? "Project"
        case .job: name ?? "Job"
        case .announcements: "Announcements"
        case .direct: "Direct"
        }
    }

    /// Those who are in it now, by name.
    func people(in database: Database) throws -> [Row] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT person.id, person.name, person.avatar, person.active FROM room_member
                    JOIN person ON person.id = room_member.person
                    WHERE room_member.room = ? AND until IS NULL ORDER BY person.name COLLATE NOCASE, person.id
                    """), arguments: [number])
    }

    /// Those who are in it now.
    func memberIDs(in database: Database) throws -> [Person.ID] {
        try String.fetchAll(
            database.cachedStatement(
                sql: "SELECT person FROM room_member WHERE room = ? AND until IS NULL ORDER BY person"),
            arguments: [number]
        ).map { Person.ID($0) }
    }
}

extension Person {
    /// Somebody beside what they said: `{"id", "name", "initials", "avatar"}`.
    static func byline(_ id: String, _ name: String, _ avatar: String?) -> JSON {
        [
            "id": .string(id), "name": .string(name), "initials": .string(initials(of: name)),
            "avatar": .optional(avatar),
        ]
    }
}
