// The shapes of finding: pages of gear, what they are asked with, and saved views.
import Core

extension Schema {
    /// A page of gear.
    static let assetList = object([
        "items": list(ref("Asset")), "next": orNull(text), "total": whole, "isTotalExact": flag,
        "counts": ["type": "object", "additionalProperties": whole],
        "facets?": ["type": "object", "additionalProperties": list(ref("FacetValue"))], "areFacetsExact?": flag,
    ])

    /// Shapes by name.
    static let finding: JSON = [
        "FacetValue": object(["value": text, "name": text, "count": whole]),
        "SavedView": object([
            "id": text, "page": text, "name": text, "query": text, "isShared": flag, "person": orNull(ref("Reference")),
            "version": whole, "updatedAt": time,
        ]),
    ]

    /// What may be sent to keep a view.
    static let newView = object([
        "page": someText, "name": ["type": "string", "minLength": 1, "maxLength": 100],
        "query?": ["type": "string", "maxLength": 2_000], "isShared?": flag,
    ])
}

extension RouteDocument.Parameter {
    /// What any list of gear, and whatever works on what such a list shows, may be asked with.
    static let assetFilters: [RouteDocument.Parameter] = [
        .query(
            "q", Schema.text,
            "Words that must each begin a word of number, name, serial, codes, note, model, holder or project."),
        .query("status", Schema.text, "One or more statuses, separated by commas."),
        .query("category", Schema.text, "A category's identifier or name."),
        .query("model", Schema.text, "A model's identifier."),
        .query("place", Schema.text, "A place's identifier: gear whose home it is, or a place inside it."),
        .query("owner", Schema.text, "An owner."),
        .query("condition", Schema.text, "One or more conditions, separated by commas."),
        .query("holder", Schema.text, "The identifier of a person who has it now."),
        .query("project", Schema.text, "The identifier of a project it is out for now."),
        .query(
            "archived", Schema.one(of: ArchiveFilter.allCases.map(\.rawValue)),
            "Whether what was put away is listed; false if absent."),
    ]

    /// How a list of gear is cut into pages.
    static let assetPages: [RouteDocument.Parameter] = [
        .query(
            "sort", Schema.one(of: AssetOrder.Key.allCases.flatMap { [$0.rawValue, "-" + $0.rawValue] }),
            "The order; with - from the end. If absent by number, and what begins like the number in q first."),
        .query("limit", Schema.whole(1...AssetQuery.limitMax), "Most items; 50 if absent."),
        .query("cursor", Schema.someText, "`next` of the page before."),
        .query("facets", Schema.one(of: ["0", "1"]), "1 counts the values of each filter as well."),
    ]
}
