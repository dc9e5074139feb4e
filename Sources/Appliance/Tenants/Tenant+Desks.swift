// The desks of an organisation that are no more than its Store: made when a request wants one.
import Core

extension Tenant {
    var catalogue: CatalogueDesk { CatalogueDesk(store: store) }
    var accessories: Accessories { Accessories(store: store) }
    var stock: StockDesk { StockDesk(store: store) }
    var costs: CostDesk { CostDesk(store: store) }
    var pictures: PictureDesk { PictureDesk(store: store, folder: folder, maker: pictureMaker) }
    var lookup: LookupDesk { LookupDesk(store: store) }
    var views: ViewBook { ViewBook(store: store) }
    var labels: LabelDesk { LabelDesk(store: store) }
    var batchBook: BatchBook { BatchBook(store: store) }
    var conflicts: ConflictBook { ConflictBook(store: store) }
    var undo: ChangeUndo { ChangeUndo(store: store) }

    /// Where its readers' codes go.
    var readerHome: ReaderHome {
        ReaderHome(
            organisation: tenancy.isFirst ? nil : tenancy.id, door: door,
            signal: { [hub] topic, kind, data in hub.signal(topic, kind, data) })
    }

    /// The desk of one kind of record.
    func records<Record: RegistryRecord>(_ type: Record.Type) -> RecordDesk<Record> { RecordDesk(store: store) }
}
