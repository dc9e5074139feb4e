// The jobs of the demo depot: a festival that goes out this morning, two further ones, and a template.
import Core
import Foundation

/// Makes the demo's projects with their sheets and people.
struct DemoProjects {
    let board: ProjectBoard
    let assets: [String: Asset.ID]
    let models: [String: Model.ID]
    let people: [String: Person.ID]
    let now: Date

    /// One line: a number of gear, or a model and how many of it.
    private struct Line {
        var section: String?
        var what: String
        var count = 1
        var note: String?

        init(_ section: String?, _ what: String, _ count: Int = 1, note: String? = nil) {
            self.section = section
            self.what = what
            self.count = count
            self.note = note
        }
    }

    func add() async throws {
        try await add(festival, from: 0.25, to: 3, Self.festivalLines)
        try await add(
            ["name": "Gala at the Opera", "state": "accepted", "place": "Opera, stage entrance"], from: 5, to: 6,
            [Line("Camera", "CAM-5"), Line("Camera", "LENS-3"), Line("Light", "SkyPanel S60-C", 2)])
        try await add(
            ["name": "School hall rebuild", "state": "planned"], from: 20, to: 25,
            [Line(nil, "TE 6-A22", 3), Line(nil, "BR 40/10")])
        try await add(
            ["name": "Small stage", "isTemplate": true, "note": "Up to 200 people, one van."], from: 0, to: 1,
            [
                Line("Light", "SkyPanel S60-C", 2), Line("Light", "Robin Pointe", 4), Line("Audio", "QL5"),
                Line("Audio", "ULXD2 handheld", 4), Line("Rigging", "Truss 2 m", 4, note: "Two goal posts"),
                Line("Transport", "Transit L3"),
            ])
    }

    private var festival: JSON {
        let parts = [("Mara Lindqvist", "Production"), ("Ana Vidal", "Camera"), ("Ben Ortiz", "Light")]
        return [
            "name": "Festival North", "state": "accepted", "place": "Harbour meadow, gate 3",
            "note": "Load in from 14:00. The meadow is soft: no more than 3.5 t beside the track.",
            "people": .array(
                parts.compactMap { name, part in
                    people[name].map { ["person": .string($0.rawValue), "part": .string(part)] }
                }),
        ]
    }

    private static let festivalLines = [
        Line("Camera", "CAM-1"), Line("Camera", "CAM-2"), Line("Camera", "CAM-7", note: "With the long lens"),
        Line("Camera", "FX6", note: "Any: the spare"), Line("Camera", "flowtech 100", 4),
        Line("Light", "SkyPanel S60-C", 6), Line("Light", "Robin Pointe", 8, note: "Rain covers are in the dolly"),
        Line("Audio", "QL5"), Line("Audio", "ULXD2 handheld", 8, note: "Fresh batteries"),
        Line("Rigging", "Truss 2 m", 10), Line("Transport", "VAN-1"),
    ]

    private func add(_ fields: JSON, from start: Double, to end: Double, _ lines: [Line]) async throws {
        let day = 86_400.0
        let times: JSON = [
            "startsAt": .time(now.addingTimeInterval(start * day)), "endsAt": .time(now.addingTimeInterval(end * day)),
        ]
        let author = Author(device: "demo")
        let project = try await board.create(fields.adding(times), by: author).record.id
        for line in lines {
            let wanted: JSON =
                if let asset = assets[line.what] {
                    ["asset": .string(asset.rawValue)]
                } else {
                    ["model": .optional(models[line.what]?.rawValue), "quantity": .int(Int64(line.count))]
                }
            _ = try await board.addLine(
                wanted.adding(["section": .optional(line.section), "note": .optional(line.note)]), to: project,
                by: author)
        }
    }
}
