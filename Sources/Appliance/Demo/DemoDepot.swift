// A depot to look at: gear of a rental house, four people, three projects, and a morning that has begun. Everything is
// made through the desks, as people would have made it.
import Core
import Foundation

/// Fills an empty Store with a demo depot.
struct DemoDepot {
    static let organisationName = "Northlight Rental"
    static let depotName = "Hall 4"

    /// The people of the demo, who may be told to anybody.
    static let people: [(name: String, role: Role, pin: String, badge: String, passphrase: String)] = [
        ("Mara Lindqvist", .manager, "4711", "BADGE-MARA", "seven cases by noon"),
        ("Ana Vidal", .crew, "1111", "BADGE-ANA", "cables never tangle"),
        ("Ben Ortiz", .crew, "2222", "BADGE-BEN", "gaffer tape mends it"),
        ("Jo Okafor", .admin, "9000", "BADGE-JO", "the ladder is taller"),
    ]

    let register: AssetRegister
    let roster: Roster
    let secrets: SecretBook
    let projects: ProjectBoard
    let door: DoorDesk

    /// Does nothing if there is gear already.
    func fill(_ store: Store) async throws {
        let query = AssetQuery()
        guard case .int(0)? = try await register.list(query)["total"] else { return }
        var people: [String: Person.ID] = [:]
        for person in Self.people {
            let id = try await roster.add(
                name: person.name, role: person.role, pin: person.pin, badges: [person.badge])
            try await secrets.setKnownPassphrase(person.passphrase, of: id)
            people[person.name] = id
        }
        let gear = try await addGear()
        try await addCables(store)
        try await DemoProjects(
            board: projects, assets: gear.assets, models: gear.models, people: people, now: store.clock.now
        ).add()
        try await addDoors(store)
        try await beginMorning(gear)
    }

    /// What was made, by number, with the models by name.
    private struct Gear {
        var assets: [String: Asset.ID] = [:]
        var models: [String: Model.ID] = [:]
    }

    private func addGear() async throws -> Gear {
        var gear = Gear()
        for line in DemoGear.all {
            let model = try await register.addModel(line.model, maker: line.maker, category: line.category)
            gear.models[line.model] = model
            let drafts = (1...line.count).map { line.draft(number: $0, model: model) }
            for (draft, id) in zip(drafts, try await register.add(drafts)) { gear.assets[draft.number] = id }
        }
        return gear
    }

    /// Stock that is counted: each scan of the shelf's label is one piece.
    private func addCables(_ store: Store) async throws {
        let desk = StockDesk(store: store)
        let model = try await register.addModel("Schuko cable 10 m", maker: nil, category: "Cables")
        _ = try await RecordDesk<Model>(store: store)
            .edit(model, ["counting": "counted"], ifVersion: nil, by: Author(device: "demo"))
        _ = try await desk.edit(model, ["total": 60], ifVersion: nil, by: Author(device: "demo"))
        _ = try await desk.attach(code: "SHELF-C4", to: model, by: Author(device: "demo"))
    }

    private func addDoors(_ store: Store) async throws {
        guard let organisation = try await Organisation.current(of: store) else { return }
        _ = try await door.addDoor(
            "Loading bay", depot: organisation.depot.id, direction: .out, actingMinutes: 10)
        _ = try await door.addDoor("Returns", depot: organisation.depot.id, direction: .in, actingMinutes: 10)
    }

    /// Some gear is out, some in repair, and one label is not known yet.
    private func beginMorning(_ gear: Gear) async throws {
        let codes = [
            "BADGE-ANA", "CAM-1", "TRI-1", "TRI-2", "PANEL-1", "PANEL-2", "POINTE-1", "POINTE-2", "MIC-1", "MIC-2",
            "TRUSS-1", "TRUSS-2", "4006381333931",
        ]
        for code in codes { _ = try await door.take(scan(code)) }
        let faults: [(String, AssetStatus, String)] = [
            ("CAM-4", .maintenance, "Sensor cleaning, back on Thursday"), ("PANEL-6", .damaged, "Yoke bent"),
            ("MIC-8", .lost, "Not in the case after the spring gala"), ("VAN-2", .maintenance, "Brake pads"),
        ]
        for (number, status, note) in faults {
            guard let id = gear.assets[number] else { continue }
            _ = try await register.setStatus(
                of: id, to: status, note: note, ifVersion: nil, actor: nil, device: "demo")
        }
    }

    private func scan(_ code: String) -> Scan {
        Scan(
            key: "demo:\(code)", reader: nil, raw: Array(code.utf8), at: Date(),
            monotonic: HybridClock.bootNanoseconds())
    }
}
