// All that talking needs of one organisation, and what goes on behind it: the index of words, and letting go of what is
// old. Read next: RoomBook.swift, ChatDesk.swift, ChatHistory.swift.
import Foundation
package import Logging

/// The rooms of one organisation and what is said in them.
package final class Talk: Sendable {
    package let rooms: RoomBook
    package let desk: ChatDesk
    package let history: ChatHistory
    private let index: MessageIndex
    private let erasure: MessageErasure

    /// Opens the rooms that are there without anybody making them.
    package init(store: Store, logger: Logger) async throws {
        rooms = RoomBook(store: store)
        desk = ChatDesk(store: store)
        history = ChatHistory(store: store)
        index = MessageIndex(store: store, logger: logger)
        erasure = MessageErasure(store: store, logger: logger)
        try await rooms.open()
    }

    /// Takes note of committed Changes. On the writer, so it only keeps them.
    package func heed(_ changes: [Change]) { index.heed(changes) }

    /// Does what goes on behind the rooms until the task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [index] in await index.run() }
            group.addTask { [erasure] in await erasure.run() }
        }
    }
}
