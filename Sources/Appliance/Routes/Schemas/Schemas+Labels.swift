// Schemas of printers, designs and labels.
import Core

extension Schema {
    static let labelComponents: JSON = [
        "LabelMedia": object([
            "key": text, "maker": text, "name": text, "width": number, "height": orNull(number),
            "perSheet": orNull(whole), "round": flag,
        ]),
        "LabelElement": object([
            "kind": one(of: LabelElement.Kind.allCases.map(\.rawValue)), "x": number, "y": number, "width": number,
            "height": number, "turn?": whole, "text?": text, "size?": number, "sizeMin?": number, "lines?": whole,
            "bold?": flag, "align?": one(of: LabelElement.Alignment.allCases.map(\.rawValue)),
            "symbology?": one(of: LabelSymbology.allCases.map(\.rawValue)),
        ]),
        "LabelLayout": object(["width": number, "height": number, "elements": list(ref("LabelElement"))]),
        "LabelDesign": object([
            "id": text, "name": text, "use": text, "width": number, "height": number,
            "elements": list(ref("LabelElement")), "archived": flag, "version": whole, "updatedAt": time,
        ]),
        "LabelSubject": object([
            "kind": one(of: ["asset", "person", "place", "model", "card", "blank", "calibration"]), "id?": text,
        ]),
        "LabelJob": job,
        "LabelJobDetail": ["allOf": [ref("LabelJob"), object(["items": list(ref("LabelItem"))])]],
        "LabelItem": object([
            "n": whole, "kind": text, "subject": orNull(text), "name": text, "code": text,
            "state": one(of: LabelItem.State.allCases.map(\.rawValue)), "trouble": orNull(text),
            "matchedAt": orNull(time),
        ]),
        "Printer": object([
            "id": text, "name": text, "address": text, "media": text, "resolution": whole, "offsetX": number,
            "offsetY": number, "payload": one(of: LabelPayload.allCases.map(\.rawValue)), "base": orNull(text),
            "door": orNull(ref("Reference")), "logo": orNull(text), "archived": flag, "version": whole,
            "updatedAt": time,
        ]),
        "PrinterState": object([
            "state": one(of: PrinterLook.State.allCases.map(\.rawValue)), "reasons": list(text),
            "model": orNull(text), "resolutions": list(whole), "formats": list(text),
        ]),
    ]

    private static let number: JSON = ["type": "number"]

    private static let job = object([
        "id": text, "title": text, "printer": ref("Reference"), "media": text,
        "state": one(of: LabelJob.State.allCases.map(\.rawValue)), "trouble": orNull(text), "total": whole,
        "counts": ["type": "object"], "matched": whole, "actor": orNull(ref("Reference")), "at": time,
    ])
}
