// Decides IAM requests: reads one JSON simulation a line from stdin, writes one JSON verdict a line to stdout.
//
// Started as `node evaluate.mjs FOLDER`, where FOLDER holds node_modules. It ends with its stdin, so
// that it never outlives the process that started it.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const require = createRequire(join(process.argv[2], 'package.json'))
const { runSimulation } = require('@cloud-copilot/iam-simulate')

/** Return the verdict on one request; whatever is not a clear answer is an error, never an allow. */
async function decide(line) {
  const { id, simulation, anyResource } = JSON.parse(line)
  try {
    const answer = await runSimulation(simulation, { simulationMode: 'Strict' })
    // On a pattern of resources the verdict says whether any of them is allowed: only who asks that gets it.
    if (answer.resultType === 'single' || (anyResource && answer.resultType === 'wildcard')) {
      return { id, result: answer.overallResult }
    }
    const error = answer.resultType === 'error' ? answer.errors : { message: answer.resultType }
    return { id, error: JSON.stringify(error) }
  } catch (error) {
    return { id, error: String(error?.stack ?? error) }
  }
}

process.stdout.write(JSON.stringify({ ready: true }) + '\n')
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(JSON.stringify(await decide(line)) + '\n')
}
