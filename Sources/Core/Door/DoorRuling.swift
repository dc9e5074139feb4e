// The rules of the door, and nothing but: from what is known about a piece of gear, the door and the pull sheets to
// what to do and what to say. Pure, so that every rule is a row in a test. DoorDesk.swift looks things up and acts.
import Foundation

/// What the door knows when it decides about a piece of gear.
struct DoorSituation {
    var asset: Asset
    var direction: Direction
    var actor: NamedReference<Person>?
    /// The project the door is set to.
    var doorProject: NamedReference<Project>?
    /// The open lines the asset would serve, best first.
    var lines: [PullSheet.Match]
    /// What the asset last did at this door, if that was less than the door's re-read window ago.
    var justDid: DoorAction?
}

/// What to do with a piece of gear and what to say about it.
struct DoorRuling: Equatable {
    /// The effect on custody and condition.
    enum Effect: Equatable {
        case give(Custodian, CustodyKind)
        /// Take back; a piece that was lost is found, so it is fit again.
        case takeBack(isFound: Bool)
        case nothing
    }

    var verdict: Verdict
    var action: DoorAction
    var word: String
    /// Why, and what to do; empty when the progress of the sheet says it all.
    var reason: String
    var effect: Effect
    var project: NamedReference<Project>?

    /// Decides. A physical return is never refused; quarantined gear never leaves; a re-read is never a toggle.
    static func decide(_ situation: DoorSituation) -> DoorRuling {
        switch situation.direction {
        case .in: takeIn(situation)
        case .out: letOut(situation)
        case .both: passBothWays(situation)
        }
    }

    /// At a door for both ways the asset's own state says which way it goes, unless it was read here just now.
    private static func passBothWays(_ situation: DoorSituation) -> DoorRuling {
        switch situation.justDid {
        case .out, .transfer: return already("ALREADY OUT", "read again; nothing changed", situation)
        case .in: return already("ALREADY IN", "read again; nothing changed", situation)
        default: break
        }
        guard let holder = situation.asset.holder else {
            return situation.asset.depot == nil ? letOut(situation) : takeIn(situation)
        }
        let wanted = situation.doorProject
        let moves = wanted != nil && wanted != holder.project && situation.lines.first?.project.id == wanted?.id
        return moves ? letOut(situation) : takeIn(situation)
    }

    private static func takeIn(_ situation: DoorSituation) -> DoorRuling {
        let asset = situation.asset
        let project = asset.holder?.project
        guard asset.holder != nil || asset.condition == .lost || asset.depot != nil else {
            let isPlain = asset.condition == .fit && !asset.isArchived
            let reason = isPlain ? "it was not out" : "it was not out, and is \(asset.standing)"
            return already("ALREADY IN", reason, situation)
        }
        var ruling = DoorRuling(
            verdict: .ok, action: .in, word: "IN", reason: "", effect: .takeBack(isFound: false), project: project)
        switch asset.condition {
        case .fit: break
        case .lost:
            ruling.verdict = .okBut
            ruling.reason = "it was lost and is found"
            ruling.effect = .takeBack(isFound: true)
        case .maintenance, .damaged, .retired:
            ruling.verdict = .okBut
            ruling.reason = "it is \(asset.status.word): put it aside"
        }
        if asset.isArchived {
            ruling.verdict = .okBut
            ruling.reason = "it is archived: put it aside"
        }
        return ruling
    }

    private static func letOut(_ situation: DoorSituation) -> DoorRuling {
        let asset = situation.asset
        guard !asset.isArchived else {
            return DoorRuling(
                verdict: .stop, action: .refused, word: "STOP", reason: "archived: it must not leave",
                effect: .nothing, project: nil)
        }
        guard asset.condition == .fit else {
            let advice = asset.condition == .lost ? "check it in first" : "it must not leave"
            return DoorRuling(
                verdict: .stop, action: .refused, word: "STOP", reason: "\(asset.status.word): \(advice)",
                effect: .nothing, project: nil)
        }
        let match = line(for: situation)
        let project = match?.project.reference ?? situation.doorProject
        let custodian = Custodian(person: situation.actor?.id, project: project?.id, line: match?.line)
        if let holder = asset.holder {
            return letOutHeld(situation, by: holder, to: custodian, project: project, onSheet: match != nil)
        }
        return out(situation, to: custodian, as: .out, project: project, onSheet: match != nil)
    }

    /// A piece that somebody has already and that is read going out: a re-read, or a hand-over.
    private static func letOutHeld(
        _ situation: DoorSituation, by holder: Asset.Holder, to custodian: Custodian,
        project: NamedReference<Project>?, onSheet: Bool
    ) -> DoorRuling {
        let newPerson = custodian.person != nil && custodian.person != holder.person?.id
        let newProject = project != nil && project?.id != holder.project?.id
        guard newPerson || newProject else { return already("ALREADY OUT", "with \(holder.words)", situation) }
        var custodian = custodian
        custodian.person = custodian.person ?? holder.person?.id
        custodian.project = custodian.project ?? holder.project?.id
        return out(
            situation, to: custodian, as: .transfer, project: project ?? holder.project,
            onSheet: onSheet || !newProject)
    }

    private static func out(
        _ situation: DoorSituation, to custodian: Custodian, as kind: CustodyKind, project: NamedReference<Project>?,
        onSheet: Bool
    ) -> DoorRuling {
        var ruling = DoorRuling(
            verdict: .ok, action: kind == .transfer ? .transfer : .out, word: kind == .transfer ? "MOVED" : "OUT",
            reason: "", effect: .give(custodian, kind), project: project)
        let reservedFor = situation.lines.first { $0.isByUnit && $0.project.id != project?.id }
        if let reservedFor {
            ruling.verdict = .okBut
            ruling.reason = "reserved for \(reservedFor.project.name)"
        } else if let project, !onSheet {
            ruling.verdict = .okBut
            ruling.reason = "not on the sheet of \(project.name)"
        } else if project == nil, custodian.person == nil {
            ruling.verdict = .okBut
            ruling.reason = "no name: scan a badge"
        }
        return ruling
    }

    /// The line the asset serves: of the door's project if it is set to one, else of the best sheet.
    private static func line(for situation: DoorSituation) -> PullSheet.Match? {
        guard let wanted = situation.doorProject else { return situation.lines.first }
        return situation.lines.first { $0.project.id == wanted.id }
    }

    private static func already(_ word: String, _ reason: String, _ situation: DoorSituation) -> DoorRuling {
        DoorRuling(
            verdict: .okBut, action: .already, word: word, reason: reason, effect: .nothing,
            project: situation.asset.holder?.project)
    }
}
