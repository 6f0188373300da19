// What the scenarios share. A scenario prints "restart" where the broker is to be restarted, goes on at the next line of standard
// input, and prints "ok" at its end; any failed assertion ends it with exit code 1.
import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'

export const broker = process.argv[2]
export const run = `t${process.pid}-${Date.now()}`

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

export async function restart() {
  console.log('restart')
  await lines.next()
}

export async function eventually(what, condition, patience = 30_000) {
  const until = Date.now() + patience
  while (!(await condition())) {
    assert.ok(Date.now() < until, `did not happen in time: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

export function end() {
  console.log('ok')
  process.exit(0)
}
