import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { eventJson } from '../../../spec/message.ts'
import { startNode, type NodeProcess } from '../../support/node-process.ts'
import { chatCommand, person, type Person } from './people.ts'

describe('hearth chat in scripts', () => {
  const cleanUp = new AsyncDisposableStack()
  let node: NodeProcess
  let alice: Person
  before(async () => {
    node = cleanUp.use(await startNode())
    alice = cleanUp.use(await person(node, 'alice'))
    const first = start(
      { password: alice.password },
      '--user',
      'alice',
      '--invite',
      alice.invite,
      '--say',
      'I am new here',
      '#general',
    )
    first.child.stdin.end()
    assert.deepEqual(await first.end(), { code: 0, stderr: '' })
  })
  after(() => cleanUp.disposeAsync())

  const start = ({ password = '' }: { readonly password?: string }, ...words: readonly string[]) => {
    const [command = '', ...rest] = chatCommand(node, ...words)
    const child = spawn(command, rest, {
      env: { PATH: process.env['PATH'], ...alice.environment, HEARTH_PASSWORD: password },
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    return {
      child,
      line: async (): Promise<string> => {
        const next = await lines.next()
        if (next.done === true) throw new Error(`it ended: ${stderr}`)
        return next.value
      },
      end: async (): Promise<{ code: number | null; stderr: string }> => {
        const [code] = (await once(child, 'close')) as [number | null]
        return { code, stderr }
      },
    }
  }

  it('says a text, and exits once the node has it on disk', async () => {
    const said = start({}, '--say', 'the kettle is on', '#general', '--json')
    said.child.stdin.end()
    assert.match(await said.line(), /^\{"status":"stored","id":"[^"]+","channel":"[^"]+"\}$/)
    assert.equal((await said.end()).code, 0)
    await node.kill9()
    await node.restart()
    const tail = start({}, '--tail', '--last', '1', '--json')
    assert.equal(eventJson.parse(JSON.parse(await tail.line())).body, 'the kettle is on')
    tail.child.kill()
    await tail.end()
  })

  it('says what stdin holds', async () => {
    const tail = start({}, '--tail', '#general')
    const said = start({}, '--say', '-', '#general')
    const said2 = said.end()
    said.child.stdin.end('two\nlines\n')
    assert.equal((await said2).code, 0)
    const again = start({}, '--tail', '--last', '1', '#general')
    assert.match(await again.line(), /^\S+Z \S+\/general alice@\S+: two ⏎ lines$/)
    tail.child.kill()
    again.child.kill()
    await Promise.all([tail.end(), again.end()])
  })

  const refused: readonly (readonly [string, string[], string, RegExp, number])[] = [
    ['an empty text', ['--say', ' ', '#general'], '', /^TEXT_EMPTY: /, 2],
    ['a text that is too long', ['--say', '-', '#general'], 'x'.repeat(2_001), /^TEXT_TOO_LONG: /, 2],
    ['a channel that is not there', ['--say', 'x', '#nowhere'], '', /^NOT_FOUND: .*\/general/, 3],
    ['a wrong password', ['--user', 'eve', '--say', 'x', '#general'], 'wrong\n', /^LOGIN_FAILED: /, 4],
    ['a bad token', ['--user', 'alice', '--token', 'ht_bad', '--say', 'x', '#general'], '', /^LOGIN_FAILED: /, 4],
    [
      'a bad invite',
      ['--user', 'eve', '--invite', 'hi_bad', '--say', 'x', '#general'],
      'long enough\n',
      /^INVITE_INVALID: /,
      4,
    ],
  ]
  for (const [what, words, input, says, exit] of refused)
    it(`names ${what} on stderr`, async () => {
      const run = start({}, ...words)
      run.child.stdin.end(input)
      const { code, stderr } = await run.end()
      assert.match(stderr, says)
      assert.equal(code, exit)
    })

  it('says by name that no node runs', async () => {
    await node.stop()
    const run = start({}, '--say', 'x', '#general')
    run.child.stdin.end()
    const { code, stderr } = await run.end()
    assert.match(stderr, /^NODE_DOWN: /)
    assert.equal(code, 5)
    await node.restart()
  })
})
