// What to list of the gear: a plain value, made by a list's address, a saved view, an export or a bulk edit alike.
// AssetFilter.swift makes SQL of it, AssetPage.swift reads a page, AssetCounts.swift counts.
import GRDB

/// What to list of the gear. Everything that is set must hold.
package struct AssetQuery: Sendable, Equatable {
    /// Each word must begin a word of the number, name, serial, codes, note, model, holder or project.
    package var text = ""
    /// Any of these; all if empty.
    package var statuses: [AssetStatus] = []
    /// The identifier or the name of a category.
    package var category: String?
    package var model: Model.ID?
    /// A place and everything inside it.
    package var place: Place.ID?
    package var owner: String?
    /// Any of these; all if empty.
    package var conditions: [Condition] = []
    package var holder: Person.ID?
    package var project: Project.ID?
    package var archive = ArchiveFilter.current
    /// Nil is by number, and what begins like the number that was typed first.
    package var order: AssetOrder?
    /// 1 to ``limitMax``.
    package var limit = 50
    /// Where the last page ended, as it was given out.
    package var cursor: String?
    /// Whether the values of each filter are counted as well.
    package var wantsFacets = false
    /// How much work a list may be.
    var bounds = AssetBounds()

    package static let limitMax = 500

    package init() {}
}

/// How many rows a list may look at before it takes another way or says that it counted no further.
struct AssetBounds: Sendable, Equatable {
    /// Put in order at once, rather than met in order along an index.
    var sorted = 2_000
    /// Put in order at once when they are met by an index that has all that is asked of them.
    var met = 8_000
    /// Looked at along an index for a page. What has a word that this many texts have is sooner put in order.
    var walked = 4_000
    /// Rows that have a word, gathered to be looked up in; of a word that more have, each row's text is looked at.
    var gathered = 20_000
    /// Rows of whom a word names, gathered and put in order.
    var held = 4_000
    /// Looked at for the counts by status.
    var counted = 2_000
    /// Looked at for each facet. Facets are read beside the pages, on a reader of their own.
    var faceted = 50_000
}

/// The order of a list of gear.
package struct AssetOrder: Sendable, Equatable {
    package enum Key: String, Sendable, CaseIterable {
        case number, name, updated, status
    }

    package var key: Key
    package var isDescending = false

    package init(_ key: Key, isDescending: Bool = false) {
        self.key = key
        self.isDescending = isDescending
    }

    /// From `name` or, for the other way around, `-name`; nil for any other word.
    package init?(_ text: String) {
        let isDescending = text.hasPrefix("-")
        guard let key = Key(rawValue: String(isDescending ? text.dropFirst() : text[...])) else { return nil }
        self.init(key, isDescending: isDescending)
    }

    package var text: String { (isDescending ? "-" : "") + key.rawValue }

    /// The columns that make every row's place in the order its own, and the index that has them.
    var columns: [String] {
        switch key {
        case .number: ["sort", "docid"]
        case .name: ["name_sort", "docid"]
        case .updated: ["updated", "docid"]
        case .status: ["status", "sort", "docid"]
        }
    }

    var index: String {
        switch key {
        case .number: "asset_sort"
        case .name: "asset_name"
        case .updated: "asset_updated"
        case .status: "asset_status"
        }
    }
}

/// Where a page ended: the keys of its last row, bound to the order they are of.
struct AssetCursor: Equatable {
    /// The order's word, or `match` for the order of a search.
    let order: String
    /// Whether the last row's number did not begin like what was typed; in the order of a search only.
    let isPastBeginning: Bool
    let keys: [String]

    var text: String { ListCursor.text([order, isPastBeginning ? "1" : "0"] + keys) }

    init(order: String, isPastBeginning: Bool, keys: [String]) {
        self.order = order
        self.isPastBeginning = isPastBeginning
        self.keys = keys
    }

    /// - Throws: `invalid` for what was not given out for this order.
    init(_ text: String, of wanted: AssetOrder, named name: String) throws {
        let parts = try ListCursor.parts(of: text, count: wanted.columns.count + 2)
        guard parts[0] == name, ["0", "1"].contains(parts[1]), wanted.key != .updated || Int64(parts[2]) != nil,
            Int64(parts[parts.count - 1]) != nil
        else { throw ListCursor.stranger }
        self.init(order: parts[0], isPastBeginning: parts[1] == "1", keys: Array(parts.dropFirst(2)))
    }

    /// The keys as the columns of the order hold them.
    func values(of order: AssetOrder) -> [DatabaseValue] {
        keys.enumerated().map { index, key in
            let isNumber = index == keys.count - 1 || order.key == .updated
            return isNumber ? (Int64(key) ?? 0).databaseValue : key.databaseValue
        }
    }
}
