"""From files of tables to entries of hub.yaml: what `simpul add` proposes.

- shapes: which files and sheets hold the same table, and which can't be read as one
- recognition: which built-in entity the columns speak of
- naming: names in the graph for columns, files and sheets
- entries: what is added, as records
- placing: fields that stand around a table: in its title lines, in the names of its file and sheet
- draft: sources, entities and their fields, before anything has been read
- measuring: reads what was drafted as a sync would: keys, types and links go by what is found
- writing: the entries as lines of hub.yaml
- proposal: all of it, from paths to the new text
- undo: the file as it was before, kept beside it"""
