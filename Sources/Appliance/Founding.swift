// The first start: an organisation, a depot, a door, and somebody who may sign in.
import Core
import Foundation
import Logging

/// Founds the organisation if the Store has none.
struct Founding {
    private let configuration: Configuration
    private let name: String
    private let folder: String
    private let isDemo: Bool
    private let store: Store
    private let roster: Roster
    private let door: DoorDesk
    private let logger: Logger

    /// - Parameters:
    ///   - name: what the organisation is called.
    ///   - folder: where its files are.
    init(
        _ configuration: Configuration, name: String, folder: String, isDemo: Bool, _ store: Store, _ roster: Roster,
        _ door: DoorDesk, logger: Logger
    ) {
        self.configuration = configuration
        self.name = name
        self.folder = folder
        self.isDemo = isDemo
        self.store = store
        self.roster = roster
        self.door = door
        self.logger = logger
    }

    func run() async throws -> Organisation {
        if let organisation = try await Organisation.current(of: store) { return organisation }
        let position = configuration.depot.position
        let organisation = try await Organisation.found(
            name, depot: isDemo ? DemoDepot.depotName : configuration.depot.name, longitude: position?.longitude,
            latitude: position?.latitude, in: store)
        _ = try await door.addDoor(
            "Main door", depot: organisation.depot.id, direction: .both, actingMinutes: configuration.actingMinutes)
        if !isDemo { try await addAdministrator() }
        return organisation
    }

    /// The first person's PIN is in a file only the daemon's user can read: it must not be in a log.
    private func addAdministrator() async throws {
        let pin = SecureRandom.bytes(8).map { String($0 % 10) }.joined()
        _ = try await roster.add(name: "Administrator", role: .admin, pin: pin)
        let file = folder + "/first-sign-in.txt"
        let text = "Sign in as Administrator with the PIN \(pin), change it, and delete this file.\n"
        try PrivateFile.write(text, to: file)
        logger.notice("the first person is made; the PIN is in \(file)")
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
