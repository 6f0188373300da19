// Reads a CSV file without a header line, strictly and as text, and writes FILE.ndjson: an array for each row.
//   node read.mjs FILE.csv DELIMITER COLUMNS
import { createWriteStream } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const [file, delimiter, columns] = process.argv.slice(2);
const types = Array.from({ length: Number(columns) }, (_, i) => `'c${i}': 'VARCHAR'`).join(', ');
const connection = await (await DuckDBInstance.create()).connect();
await connection.run('SET threads = 1');
const reader = await connection.streamAndReadAll(`SELECT * FROM read_csv('${file}', auto_detect = false, header = false, delim = '${delimiter}',
  quote = '"', escape = '"', columns = {${types}}, strict_mode = true, null_padding = false, ignore_errors = false, new_line = '\\n')`);
const output = createWriteStream(file + '.ndjson');
for (const row of reader.getRows())
  output.write(JSON.stringify(row) + '\n');
output.end();
