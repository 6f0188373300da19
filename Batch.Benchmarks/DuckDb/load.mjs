// Loads a CSV file into a table of DuckDB with types checked and errors kept, and says in one line of JSON what that took.
//   node load.mjs FILE.csv DATABASE '{"column": "TYPE", …}'
import { DuckDBInstance } from '@duckdb/node-api';

const [file, database, columns] = process.argv.slice(2);
const types = Object.entries(JSON.parse(columns)).map(([name, type]) => `'${name}': '${type}'`).join(', ');
const connection = await (await DuckDBInstance.create(database)).connect();

const cpu = process.cpuUsage();
const started = process.hrtime.bigint();
await connection.run(`CREATE TABLE rows AS SELECT * FROM read_csv('${file}', header = true, columns = {${types}}, store_rejects = true, rejects_limit = 0)`);
await connection.run('CHECKPOINT');
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
const { user, system } = process.cpuUsage(cpu);

const count = async (sql) => Number((await connection.runAndReadAll(sql)).getRows()[0][0]);
console.log(JSON.stringify({
  seconds,
  cpu_seconds: (user + system) / 1e6,
  rows: await count('SELECT count(*) FROM rows'),
  rejected: await count('SELECT count(DISTINCT line) FROM reject_errors'),
}));
