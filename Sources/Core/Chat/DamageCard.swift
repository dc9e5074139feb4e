// Damage that is told at the door reaches those on the job: a card in the project's room.
import Foundation
import GRDB

enum DamageCard {
    /// Gear that came back this long ago is still the project's matter.
    private static let lateness = Duration.seconds(48 * 3_600)

    /// Tells the room of the project that the gear is out for, or came back from lately.
    static func post(
        _ asset: Asset, note: String?, by person: Person.ID?, in transaction: WriteTransaction
    ) throws {
        guard let project = try project(of: asset, in: transaction) else { return }
        let card = RoomCard(
            "damage", "\(asset.number) is damaged: \(asset.name)", text: note.flatMap { $0.isEmpty ? nil : $0 },
            links: [MessageLink(.asset, asset.id.rawValue)])
        try ChatDesk.post(card, to: project, by: person, in: transaction)
    }

    private static func project(of asset: Asset, in transaction: WriteTransaction) throws -> Project.ID? {
        if let holder = asset.holder { return holder.project?.id }
        let since = transaction.milliseconds - Int64(lateness.nanoseconds / 1_000_000)
        let row = try Row.fetchOne(
            transaction.database.cachedStatement(
                sql: """
                    SELECT project FROM custody_event WHERE asset = ?1 AND kind IN ('out', 'transfer')
                      AND (SELECT max(at) FROM custody_event WHERE asset = ?1) >= ?2
                    ORDER BY place DESC LIMIT 1
                    """), arguments: [asset.id.rawValue, since])
        return row?["project"]
    }
}
