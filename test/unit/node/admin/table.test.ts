import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { argumentMeta, commandName, durationMs } from '../../../../node/admin/command.ts'
import { commandTable, findCommand } from '../../../../node/admin/table.ts'
import { localCommands } from '../../../../node/cli/local.ts'
import { parseArguments } from '../../../../node/cli/parse.ts'
import { reference } from '../../../../node/cli/reference.ts'

describe('the command table', () => {
  it('names each command once', () => {
    const names = commandTable.map(commandName)
    assert.deepEqual(names, [...new Set(names)])
    assert.equal(findCommand('user add')?.summary, 'create an account')
    assert.equal(findCommand('constructor'), undefined)
  })

  it('describes every argument, and numbers the words without a hole', () => {
    for (const command of commandTable) {
      const metas = Object.values(command.args.shape).map(argumentMeta)
      for (const { description } of metas) assert.ok(description.length > 0, commandName(command))
      const places = metas.flatMap(({ position }) => position ?? []).sort((a, b) => a - b)
      assert.deepEqual(
        places,
        places.map((_, index) => index),
        commandName(command),
      )
    }
  })

  it('every example is a command line that the table takes', () => {
    for (const command of commandTable) {
      assert.ok(command.examples.length > 0, commandName(command))
      for (const example of command.examples) {
        const words = (example.split(' < ')[0] ?? '').match(/"[^"]*"|\S+/g) ?? []
        const [program, ...argv] = words.map((word) => word.replaceAll('"', ''))
        assert.equal(program, 'hearth')
        const invocation = parseArguments(argv, commandTable)
        assert.equal(invocation.command && commandName(invocation.command), commandName(command), example)
        if (command.runs === 'here' && command.ownArguments === true) continue
        assert.ok(command.args.safeParse(invocation.input).success, example)
      }
    }
  })

  it('whatever runs in the command line has code there, and nothing else has', () => {
    const local = commandTable.filter((command) => command.runs === 'here' && command.noun !== 'help')
    assert.deepEqual(Object.keys(localCommands).sort(), local.map(commandName).sort())
  })

  it('docs/cli.md is up to date (npm run docs)', async () => {
    const written = await readFile(new URL('../../../../docs/cli.md', import.meta.url), 'utf8')
    assert.equal(written, reference())
  })

  it('reads times', () => {
    assert.equal(durationMs('90s'), 90_000)
    assert.equal(durationMs('2w'), 14 * 24 * 3_600_000)
  })
})
