// The shapes of entering many: batches, imports and what a dry run says.
import Core

extension Schema {
    static let entering: JSON = [
        "Batch": object([
            "id": text, "kind": one(of: Batch.Kind.allCases.map(\.rawValue)), "title": text,
            "state": one(of: Batch.State.allCases.map(\.rawValue)), "actor": orNull(ref("Reference")), "at": time,
            "count": whole, "done": whole, "total": whole, "undoes": orNull(text), "undoable": flag,
            "trouble": orNull(
                object(["message": text, "row?": whole, "left?": list(text), "details?": ["type": "object"]])),
        ]),
        "Import": object([
            "id": text, "kind": one(of: ImportKind.allCases.map(\.rawValue)), "name": text,
            "encoding": one(of: TableEncoding.allCases.map(\.rawValue)), "delimiter": text,
            "columns": list(
                object(["index": whole, "title": text, "samples": list(text), "field": orNull(text)])),
            "fields": list(object(["name": text, "label": text, "required": flag])), "rowCount": whole,
            "batch?": orNull(ref("Batch")),
        ]),
        "ImportOptions": object([
            "mapping": ["type": "object", "additionalProperties": orNull(text)],
            "existing?": one(of: ImportOptions.Existing.allCases.map(\.rawValue)), "makeMissing?": flag,
        ]),
        "ImportReport": object([
            "creates": whole, "updates": whole, "unchanged": whole, "skipped": whole, "refusedRows": whole,
            "errorCount": whole,
            "errors": list(
                object([
                    "row": whole, "column": orNull(text), "field": orNull(text), "value": orNull(text),
                    "message": text,
                ])),
            "preview": list(
                object([
                    "row": whole, "action": one(of: ["create", "update", "unchanged", "skip", "refuse"]),
                    "values": ["type": "object", "additionalProperties": text],
                ])),
            "makes": list(object(["kind": one(of: ["model", "category", "place"]), "name": text])),
            "makesCount": whole,
        ]),
    ]
}
