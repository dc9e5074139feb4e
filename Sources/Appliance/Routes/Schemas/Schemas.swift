// The shapes that several routes give, by name, for the OpenAPI document.
import Core

extension Schema {
    /// All named shapes.
    static let components: JSON = common.adding(stockComponents).adding(gearComponents).adding(entering)
        .adding(labelComponents).adding(chatComponents)

    private static let common: JSON = [
        "Reference": object(["id": text, "name": text]),
        "Problem": object([
            "type": text, "title": text, "status": whole, "detail": text, "code": text, "requestId": text,
            "field?": text, "current?": ["type": "object"], "asset?": ["type": "object"],
            "errors?": list(object(["field": orNull(text), "message": text])),
        ]),
        "Progress": object(["done": whole, "total": whole, "back?": whole, "extra?": whole]),
        "Asset": asset,
        "AssetBrief": object([
            "id": text, "number": text, "name": text, "model": text, "status": status, "condition": condition,
        ]),
        "Outcome": outcome,
        "Door": door,
        "Unknown": unknown,
        "Reader": reader,
        "Person": person,
        "PersonBrief": object(["id": text, "name": text, "initials": text, "role": role, "active": flag]),
        "Screen": object([
            "id": text, "name": text, "door": orNull(text), "badge": badgeRule, "trustedBy": orNull(text),
            "since": time,
            "seenAt": time, "this?": flag,
        ]),
        "QRCode": object(["size": whole, "path": text]),
        "Project": project,
        "PullLine": line,
        "SheetEdit": sheetEdit,
        "SheetScan": sheetScan,
        "WarehouseSheet": warehouseSheet,
        "Model": object([
            "id": text, "name": text, "maker": orNull(text), "category": orNull(ref("Reference")),
            "counting": one(of: Model.Counting.allCases.map(\.rawValue)), "specifications": orNull(text),
            "weightGrams": orNull(whole), "picture": orNull(text), "archived": flag, "version": whole,
            "updatedAt": time,
        ]),
        "Category": object([
            "id": text, "name": text, "fields": list(ref("CustomField")), "archived": flag, "version": whole,
            "updatedAt": time,
        ]),
        "Place": object([
            "id": text, "name": text, "parent": orNull(ref("Reference")), "path": text, "archived": flag,
            "version": whole, "updatedAt": time,
        ]),
    ]

    static let status = one(of: AssetStatus.allCases.map(\.rawValue))
    static let settableStatus = one(of: AssetStatus.allCases.filter { $0 != .reserved }.map(\.rawValue))
    static let condition = one(of: Condition.allCases.map(\.rawValue))
    static let direction = one(of: Direction.allCases.map(\.rawValue))
    static let badgeRule = one(of: TrustedScreen.BadgeRule.allCases.map(\.rawValue))
    static let role = one(of: Role.allCases.map(\.rawValue))

    private static let asset = object([
        "id": text, "number": text, "name": text, "model": ref("Reference"), "maker": orNull(text), "category": text,
        "serial": orNull(text), "status": status, "condition": condition, "note": orNull(text),
        "holder": orNull(
            object([
                "person": orNull(ref("Reference")), "project": orNull(ref("Reference")), "since": time,
            ])),
        "home": orNull(ref("Reference")), "owner": orNull(text), "custom": ["type": "object"],
        "picture": orNull(text), "depot": orNull(text), "archived": flag, "version": whole, "updatedAt": time,
    ])

    private static let outcome = object([
        "id": text, "outcome": one(of: Verdict.allCases.map(\.rawValue)),
        "action": one(of: ["out", "in", "transfer", "already", "acting", "none", "undone", "refused", "printing"]),
        "word": text, "short": text, "spoken": text, "code": text, "asset": orNull(ref("AssetBrief")),
        "model": orNull(ref("Reference")), "quantity": orNull(whole), "actor": orNull(ref("Reference")),
        "project": orNull(ref("Reference")), "progress": orNull(ref("Progress")),
        "door": object(["id": text, "name": text, "direction": direction]), "reader": orNull(text),
        "undoable": flag, "undone": flag, "at": time, "actingUntil?": orNull(time), "label?": orNull(text),
    ])

    private static let door = object([
        "id": text, "name": text, "direction": direction, "actingMinutes": whole,
        "acting": orNull(object(["person": ref("Reference"), "until": time])), "project": orNull(ref("Reference")),
    ])

    private static let unknown = object([
        "id": text, "code": text, "symbology": orNull(text), "scheme": orNull(text), "count": whole,
        "firstAt": time, "lastAt": time, "door": ref("Reference"),
        "intent": object([
            "direction": direction, "actor": orNull(ref("Reference")), "project": orNull(ref("Reference")),
        ]),
        "suggestions?": list(object(["asset": ref("AssetBrief"), "why": text])),
        "draft?": orNull(ref("AssetDraft")),
    ])

    private static let reader = object([
        "id": text, "port": text, "vendorId": text, "productId": text, "manufacturer": orNull(text),
        "product": orNull(text), "serial": orNull(text), "kind": one(of: ["keyboard", "pointOfSale", "unsupported"]),
        "state": one(of: ["offered", "reading", "ignored", "unplugged", "failed"]), "known": flag, "name": text,
        "layout": one(of: KeyboardLayout.allCases.map(\.rawValue)), "silenceMilliseconds": whole,
        "door": orNull(ref("Reference")), "direction": orNull(direction), "reads": whole,
        "lastReadAt": orNull(time), "trouble": orNull(text), "advice": orNull(text),
    ])
}
