// The shapes of people, projects and pull sheets, for the OpenAPI document.
import Core

extension Schema {
    static let person = object([
        "id": text, "name": text, "initials": text, "role": role, "active": flag, "email": orNull(text),
        "phone": orNull(text), "language": orNull(text), "avatar": orNull(text), "note?": orNull(text),
        "badges?": list(object(["key": text, "scheme": text, "label": text])), "version": whole, "updatedAt": time,
        "badgeCount?": whole, "holdCount?": whole,
        "holds?": list(allOf("AssetBrief", ["project": orNull(ref("Reference")), "since": orNull(time)])),
        "holdsStock?": list(
            object([
                "model": ref("Reference"), "quantity": whole, "project": orNull(ref("Reference")), "since": time,
            ])),
        "projects?": list(
            object([
                "id": text, "name": text, "state": state, "startsAt": time, "endsAt": time, "part": orNull(text),
            ])),
        "movements?": list(
            object([
                "kind": text, "at": time, "asset": unit, "project": orNull(ref("Reference")),
                "door": orNull(ref("Reference")),
            ])),
    ])

    /// Who somebody is, to those who are not signed in.
    static let personBrief = object(["id": text, "name": text, "initials": text, "role": role, "active": flag])

    private static let state = one(of: Project.State.allCases.map(\.rawValue))
    private static let unit = object(["id": text, "number": text, "name": text])

    static let project = object([
        "id": text, "name": text, "state": state, "startsAt": time, "endsAt": time, "place": orNull(text),
        "note": orNull(text), "isTemplate": flag,
        "people": list(object(["person": ref("Reference"), "part": orNull(text)])), "archived": flag,
        "version": whole, "updatedAt": time, "progress?": ref("Progress"), "lines?": list(ref("PullLine")),
        "extra?": list(allOf("AssetBrief", ["isOut": flag])),
        "extraStock?": list(object(["model": ref("Reference"), "quantity": whole])), "warnings?": list(text),
    ])

    static let line = object([
        "id": text, "title": text, "project": text, "asset": orNull(unit), "model": orNull(ref("Reference")),
        "quantity": whole, "section": orNull(text), "note": orNull(text), "rank": whole, "archived": flag,
        "version": whole, "updatedAt": time, "out?": whole, "back?": whole, "units?": list(ref("AssetBrief")),
        "warnings?": list(text),
    ])

    static let sheetEdit = allOf(
        "PullLine", ["changes": list(whole), "along": list(ref("PullLine")), "warnings": list(text)])

    static let sheetScan = object([
        "effect": one(of: ProjectBoard.ScanEffect.allCases.map(\.rawValue)), "short": text,
        "line": orNull(ref("PullLine")), "asset": orNull(ref("AssetBrief")), "person": orNull(personBrief),
        "changes": list(whole), "warnings": list(text),
    ])

    static let warehouseSheet = object([
        "project": ref("Project"), "progress": ref("Progress"),
        "sections": list(
            object([
                "section": orNull(text),
                "places": list(object(["place": orNull(text), "lines": list(warehouseLine)])),
            ])),
    ])

    private static let warehouseLine = object([
        "id": text, "number": orNull(text), "name": text, "quantity": whole, "out": whole, "back": whole,
        "note": orNull(text), "status": orNull(status), "here": orNull(whole),
        "stands": list(object(["place": orNull(text), "here": whole])),
    ])

    private static func allOf(_ name: String, _ members: JSON) -> JSON {
        ["allOf": [ref(name), object(members)]]
    }
}
