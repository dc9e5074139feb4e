// The shapes of what is known of gear, models, places and pictures, for the OpenAPI document.
import Core

extension Schema {
    static let gearComponents: JSON = [
        "AssetDetail": assetDetail,
        "Identifier": object(["key": text, "scheme": text, "value": text]),
        "Accessory": object(["model": ref("Reference"), "quantity": whole]),
        "Happening": happening,
        "ListedModel": listed("Model", ["units": units, "accessories?": list(ref("Accessory"))]),
        "ListedCategory": listed("Category", ["models": whole]),
        "ListedPlace": listed("Place", ["assets": whole]),
        "CustomField": customField,
        "Cost": object([
            "id": text, "subject": text, "value": orNull(whole), "price": orNull(whole), "boughtOn": orNull(day),
            "supplier": orNull(text), "version": whole, "updatedAt": time,
        ]),
        "Picture": object(["id": identifier, "type": text, "width": whole, "height": whole]),
        "Lookup": object([
            "kind": one(of: ["asset", "person", "model", "unknown"]), "code": text, "note": orNull(text),
            "scheme": orNull(text), "asset?": ref("Asset"), "person?": ref("Person"), "model?": ref("Model"),
        ]),
        "NextNumber": object(["number": orNull(text), "home": orNull(ref("Reference"))]),
        "AssetDraft": object([
            "model": ref("Reference"), "number": orNull(text), "home": orNull(ref("Reference")),
        ]),
    ]

    static let day: JSON = ["type": "string", "format": "date"]

    /// What may be sent to make a piece of gear.
    static let newAsset = object(
        .object(
            fields(of: Asset.table, isNew: true)["properties"]?.members.map { member in
                ["number", "model"].contains(member.key) ? member : .init(key: member.key + "?", value: member.value)
            } ?? [])
    ).withMembers(["codes": codes])

    /// What may be sent to make a piece of gear for a waiting code: its number may be left out.
    static let newAssetForCode = object(
        .object(
            fields(of: Asset.table, isNew: true)["properties"]?.members.map { member in
                member.key == "model" ? member : .init(key: member.key + "?", value: member.value)
            } ?? [])
    ).withMembers(["codes": codes])

    private static let codes: JSON = [
        "type": "array", "items": someText, "maxItems": .int(Int64(AssetRegister.codeCountMax)),
    ]

    /// The fields of a category as they may be sent.
    static let customField = object([
        "key": ["type": "string", "pattern": "^[a-z][a-zA-Z0-9]*$", "maxLength": 40], "name": someText,
        "kind": one(of: CustomField.Kind.allCases.map(\.rawValue)), "unit?": orNull(text), "choices?": list(someText),
        "required?": flag,
    ])

    static let accessoryWish = object([
        "items": list(
            object(["model": ["type": ["string", "object"]], "quantity?": whole(1...Int(Accessories.quantityMax))]))
    ])

    private static let units = object(["total": whole, "available": whole])

    private static let assetDetail = listed(
        "Asset",
        [
            "identifiers": list(ref("Identifier")), "accessories": list(ref("Accessory")),
            "history": list(ref("Happening")),
        ])

    private static let happening = object([
        "kind": text, "at": time, "person": orNull(ref("Reference")), "project": orNull(ref("Reference")),
        "door": orNull(ref("Reference")), "by": orNull(ref("Reference")), "device": orNull(text),
        "status": orNull(text), "note": orNull(text), "identifier": orNull(ref("Identifier")),
        "before": ["type": ["object", "null"]], "after": ["type": ["object", "null"]], "change": orNull(whole),
    ])

    /// A named shape with more members.
    private static func listed(_ name: String, _ members: JSON) -> JSON { ["allOf": [ref(name), object(members)]] }
}

extension JSON {
    /// An object's schema with further members that may be left out.
    fileprivate func withMembers(_ more: JSON) -> JSON {
        replacing("properties", with: (self["properties"] ?? .object([])).adding(more))
            .adding(["additionalProperties": false])
    }
}
