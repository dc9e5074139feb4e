// The first start: an organisation, a depot, a door, and somebody who may sign in.
import Core
import Foundation

/// Founds the organisation if the Store has none.
struct Founding {
    private let configuration: Configuration
    private let name: String
    private let isDemo: Bool
    private let store: Store
    private let roster: Roster
    private let door: DoorDesk

    /// - Parameter name: what the organisation is called.
    init(
        _ configuration: Configuration, name: String, isDemo: Bool, _ store: Store, _ roster: Roster, _ door: DoorDesk
    ) {
        self.configuration = configuration
        self.name = name
        self.isDemo = isDemo
        self.store = store
        self.roster = roster
        self.door = door
    }

    func run() async throws -> Organisation {
        if let organisation = try await Organisation.current(of: store) { return organisation }
        let position = configuration.depot.position
        let organisation = try await Organisation.found(
            name, depot: configuration.depot.name, longitude: position?.longitude,
            latitude: position?.latitude, in: store)
        _ = try await door.addDoor(
            "Main door", depot: organisation.depot.id, direction: .both, actingMinutes: configuration.actingMinutes)
        // Comes in by a one-time link: Tenant.firstLink.
        if !isDemo { _ = try await roster.add(name: "Administrator", role: .admin) }
        return organisation
    }
}

/// Files that only the daemon's user may read.
enum PrivateFile {
    static func write(_ text: String, to path: String) throws {
        let made = FileManager.default.createFile(
            atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        guard made else { throw Failure(.unavailable, "The file can not be written: \(path)") }
    }
}
