// The indexes that lists are read by. The whole number of a piece of gear tells pieces of the same place in an order apart:
// it is shorter than the identifier, and is what the index of words gives. Each index has what most lists ask of every
// row, so that rows that are left out are not read.
enum FindingIndexes {
    static let sql = """
        DROP INDEX asset_docid;
        CREATE INDEX asset_found ON asset (docid, archived, status, sort);
        DROP INDEX asset_sort;
        CREATE INDEX asset_sort ON asset (sort, docid, archived);
        DROP INDEX asset_name;
        CREATE INDEX asset_name ON asset (name_sort, docid, archived);
        DROP INDEX asset_updated;
        CREATE INDEX asset_updated ON asset (updated, docid, archived);
        DROP INDEX asset_status;
        CREATE INDEX asset_status ON asset (status, sort, docid, archived);
        DROP INDEX asset_model;
        CREATE INDEX asset_model ON asset (model, sort, docid, archived);
        DROP INDEX asset_owner;
        CREATE INDEX asset_owner ON asset (owner, archived) WHERE owner IS NOT NULL;
        DROP INDEX custody_person;
        CREATE INDEX custody_person ON custody (person, project, asset) WHERE person IS NOT NULL;
        DROP INDEX custody_project;
        CREATE INDEX custody_project ON custody (project, person, asset) WHERE project IS NOT NULL;
        """

    /// Migration 33: who has what is said by the whole number too, so that the gear of thousands is listed by two narrow
    /// indexes, without its rows.
    static let holders = """
        ALTER TABLE custody ADD COLUMN asset_docid INTEGER;
        UPDATE custody SET asset_docid = (SELECT docid FROM asset WHERE asset.id = custody.asset);
        DROP INDEX custody_person;
        CREATE INDEX custody_person ON custody (person, project, asset_docid) WHERE person IS NOT NULL;
        DROP INDEX custody_project;
        CREATE INDEX custody_project ON custody (project, person, asset_docid) WHERE project IS NOT NULL;
        """
}
