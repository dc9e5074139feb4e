// All that talking needs of one organisation, and what goes on behind it: receipts, the index of words, and letting go of
// what is old. Read next: RoomBook.swift, ChatDesk.swift, ChatHistory.swift, ReceiptBook.swift.
import Foundation
package import Logging

/// The rooms of one organisation and what is said in them.
package final class Talk: Sendable {
    package let rooms: RoomBook
    package let desk: ChatDesk
    package let history: ChatHistory
    package let receipts: ReceiptBook
    package let presence: PresenceBook
    package let files: FileShelf
    let index: MessageIndex
    let erasure: MessageErasure
    private let logger: Logger

    /// Opens the rooms that are there without anybody making them.
    ///
    /// - Parameters:
    ///   - folder: where photos and files are kept.
    ///   - maker: makes pictures of them.
    package init(store: Store, folder: String, maker: any PictureMaker, logger: Logger) async throws {
        self.logger = logger
        rooms = RoomBook(store: store)
        desk = ChatDesk(store: store)
        history = ChatHistory(store: store)
        receipts = ReceiptBook(store: store, logger: logger)
        presence = PresenceBook(store: store)
        files = try FileShelf(store: store, folder: folder, maker: maker, logger: logger)
        index = MessageIndex(store: store, logger: logger)
        erasure = MessageErasure(store: store, logger: logger)
        try await rooms.open()
    }

    /// Takes note of committed Changes. The disk waits for it, so it only keeps them.
    package func heed(_ changes: [Change]) { index.heed(changes) }

    /// Does what goes on behind the rooms until the task is cancelled.
    ///
    /// - Parameter tell: shows a room how far its people are.
    package func run(tell: @escaping ReceiptBook.Tell) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [index] in await index.run() }
            group.addTask { [erasure] in await erasure.run() }
            group.addTask { [receipts] in await receipts.run(tell: tell) }
            group.addTask { [files] in await files.run() }
            group.addTask { await self.keepPresence() }
        }
    }

    private func keepPresence() async {
        while (try? await Task.sleep(for: .seconds(2))) != nil {
            do {
                try await presence.settle()
            } catch {
                logger.warning("who was there last could not be kept", metadata: ["cause": "\(error)"])
            }
        }
    }
}
