import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { commandName } from '../../../../node/admin/command.ts'
import { commandTable } from '../../../../node/admin/table.ts'
import { parseArguments } from '../../../../node/cli/parse.ts'
import { HearthError } from '../../../../spec/errors.ts'

const parse = (line: string) =>
  parseArguments(
    line.split(' ').filter((word) => word !== ''),
    commandTable,
  )
const refused = (line: string, message: RegExp) => assert.throws(() => parse(line), { code: 'BAD_REQUEST', message })

describe('the command line', () => {
  it('finds command, words and flags', () => {
    const { command, input, common } = parse('channel create home garden --topic=roses --private --data /srv/x --json')
    assert.equal(command && commandName(command), 'channel create')
    assert.deepEqual(input, { server: 'home', channel: 'garden', topic: 'roses', private: true })
    assert.deepEqual(common, { data: '/srv/x', json: true })
  })

  it('takes common flags anywhere, also short ones', () => {
    for (const line of [
      '--json -y --data d user list',
      'user --json list -y --data=d',
      'user list --data d -y --json',
    ]) {
      const { common, command } = parse(line)
      assert.deepEqual(common, { json: true, yes: true, data: 'd' }, line)
      assert.equal(command && commandName(command), 'user list')
    }
  })

  it('takes numbers, lists by commas and by repetition, and switches turned off', () => {
    assert.deepEqual(parse('log tail --lines 3 --no-follow').input, { lines: 3, follow: false })
    const { input } = parse('role create home mod --allow kick,ban --allow invite')
    assert.deepEqual(input['allow'], ['kick', 'ban', 'invite'])
  })

  it('takes everything behind -- as words', () => {
    assert.deepEqual(parse('user show -- --odd').input, { user: '--odd' })
  })

  it('leaves to the chat what is behind it', () => {
    const { command, words, common } = parse('--data d chat --say hi #general --json --nonsense')
    assert.equal(command?.noun, 'chat')
    assert.deepEqual(words, ['--say', 'hi', '#general', '--json', '--nonsense'])
    assert.deepEqual(common, { data: 'd' })
  })

  it('says what is wrong and guesses what was meant', () => {
    refused('usr list', /there is no command "usr"; did you mean user\?/)
    refused('user lst', /"user" has no verb "lst"; did you mean list\?/)
    refused('user list --jsn', /has no flag --jsn; did you mean --json\?/)
    refused('up --http-prot 1', /did you mean --http-port\?/)
    refused('status extra', /"extra" is one word too many/)
    refused('log tail --lines', /--lines needs a value/)
    refused('user list --data', /--data needs a folder/)
    refused('user list --json=1', /--json takes no value/)
    refused('constructor', /there is no command/)
  })

  it('takes no password that others could see', () => {
    refused('user add alice --password hunter2', /use --password-stdin/)
    assert.equal(parse('user add alice --password-stdin').passwordFromStdin, true)
    refused('user show alice --password-stdin', /has no flag/)
  })

  it('shows the noun when the verb is missing', () => {
    const { command, words, common } = parse('user')
    assert.equal(command, undefined)
    assert.deepEqual([words, common.help], [['user'], true])
  })

  it('whatever is typed: a command, help, or BAD_REQUEST', () => {
    const word = fc.oneof(
      fc.constantFrom('user', 'log', 'tail', 'add', '--lines', '--json', '--', '-', '--data', 'chat', '__proto__'),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
        try {
          parseArguments(argv, commandTable)
        } catch (error) {
          assert.ok(error instanceof HearthError && error.code === 'BAD_REQUEST', String(error))
        }
      }),
    )
  })
})
