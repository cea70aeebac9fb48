import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectClient } from '../../support/mqtt-client.ts'
import { startNode, type NodeProcess } from '../../support/node-process.ts'
import { chatCommand, person, type Person } from './people.ts'
import { hasTmux, openTerminal } from './tmux.ts'

describe('hearth chat on a real screen', () => {
  const cleanUp = new AsyncDisposableStack()
  let node: NodeProcess
  let alice: Person
  let bob: Person
  before(async function () {
    if (!(await hasTmux())) return this.skip()
    node = cleanUp.use(await startNode({ flags: ['--message-rate', '0'] }))
    alice = cleanUp.use(await person(node, 'alice'))
    bob = cleanUp.use(await person(node, 'bob'))
  })
  after(() => cleanUp.disposeAsync())

  /** Says texts as the first-run account, over plain MQTT. */
  const hello = async (...texts: readonly string[]): Promise<void> => {
    const { user, token, server, channel } = node.firstRun
    await using client = await connectClient({ url: node.ready.addresses.mqtt, user, password: token, clientId: 'bot' })
    for (const text of texts) {
      const { code, reason } = await client.publish(`s/${server}/${channel}/say`, text)
      assert.ok(code < 0x80, reason)
    }
  }

  it('registers somebody who types a name, an invite and a password, and knows them the next time', async () => {
    const config = await mkdtemp(join(tmpdir(), 'hearth-first-'))
    const environment = { XDG_CONFIG_HOME: config, HOME: config }
    {
      await using terminal = await openTerminal({ command: chatCommand(node), environment })
      await terminal.until(/Your user name:$/)
      await terminal.type('carol')
      await terminal.press('Enter')
      await terminal.until(/Invite .*:$/m)
      await terminal.type(node.firstRun.adminInvite)
      await terminal.press('Enter')
      await terminal.until(/Password of carol:$/)
      await terminal.type('carols secret')
      await terminal.press('Enter')
      await terminal.until(/The same again:$/)
      await terminal.type('carols secret')
      await terminal.press('Enter')
      const screen = await terminal.until(/● online · \d here · carol/)
      assert.match(screen, /#general/)
      assert.doesNotMatch(screen, /secret/)
      await terminal.type('/quit')
      await terminal.press('Enter')
      assert.equal(await terminal.exited(), 0)
    }
    const file = join(config, 'hearth', 'chat.json')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.doesNotMatch(await readFile(file, 'utf8'), /secret/)
    await using terminal = await openTerminal({ command: chatCommand(node), environment })
    await terminal.until(/● online · \d here · carol/)
    await rm(config, { recursive: true })
  })

  it('lets two people talk, with who is here', async () => {
    await using left = await alice.chat()
    await using right = await bob.chat({ columns: 50 })
    await left.until(/● online · \d here/)
    await right.until(/● online · \d here/)
    await left.type('grüße 你好 👍')
    await left.press('Enter')
    await right.until(/alice grüße 你好 👍/)
    await right.type('hi alice')
    await right.press('Enter')
    await left.until(/alice grüße 你好 👍\n.*bob hi alice/)
    await left.type('/who')
    await left.press('Enter')
    await left.until(/here: alice@.*bob@/)
  })

  it('fits itself into the window as that changes', async () => {
    await using terminal = await alice.chat({ columns: 90 })
    await terminal.until(/^ #general +│/m)
    await terminal.resize(45, 12)
    const narrow = await terminal.until(/^1\/1 \S+\/#general/m)
    assert.doesNotMatch(narrow, /│/)
    await terminal.resize(100, 20)
    await terminal.until(/^ #general +│/m)
  })

  it('shows history while leafing up, and returns to the end', async () => {
    await hello(...Array.from({ length: 120 }, (_, count) => `line ${count}.`))
    await using terminal = await alice.chat()
    await terminal.until(/line 119\./)
    for (let page = 0; page < 7; page += 1) await terminal.press('PPage')
    await terminal.until(/line 0\./)
    await terminal.press('End')
    await terminal.until(/line 119\./)
  })

  it('marks what came while it was closed, and jumps there', async () => {
    {
      await using terminal = await alice.chat()
      await terminal.until(/line 119\./)
      await terminal.press('C-c')
      assert.equal(await terminal.exited(), 0)
    }
    await hello(...Array.from({ length: 70 }, (_, count) => `missed ${count}.`))
    await using terminal = await alice.chat()
    await terminal.until(/missed 69\./)
    await terminal.press('C-u')
    await terminal.until(/── new ─+\n.*missed 0\./)
  })

  it('follows other channels, and counts what is unread in them', async () => {
    const { server, channel } = node.firstRun
    const made = await node.cli('channel', 'create', server, 'random')
    assert.equal(made.code, 0, made.stderr)
    await using dave = await person(node, 'dave')
    await using terminal = await dave.chat({ words: ['#random'] })
    await terminal.until(/│#random/)
    await hello('over here')
    await terminal.until(new RegExp(`^ #${channel} +1│`, 'm'))
    await terminal.press('C-p')
    await terminal.until(/── new ─+\n.*hello over here/)
  })

  it('lets no message touch the rest of the screen', async () => {
    await using terminal = await alice.chat()
    await terminal.until(/● online · \d here/)
    await hello('\u001b[2J\u001b[1;1Hgotcha\u001b]0;title\u0007\u009b31m\u202eend')
    const screen = await terminal.until(/gotcha/)
    assert.match(screen, /hello ␛\[2J␛\[1;1Hgotcha␛\]0;title␇/)
    assert.match(screen, /^\S+ +│#general/)
    assert.match(screen, /● online/)
  })

  it('says that the node is away, keeps what is said, and sends it once when the node is back', async () => {
    await using terminal = await alice.chat()
    await using other = await bob.chat()
    await terminal.until(/● online · \d here/)
    await other.until(/● online · \d here/)
    const { port } = new URL(node.ready.addresses.mqtt)
    await node.kill9()
    await terminal.until(/○ offline, next try in \d+ s/)
    await terminal.type('said in the dark')
    await terminal.press('Enter')
    await terminal.until(/said in the dark …\n[^]*1 waiting to be sent/)
    await node.restart({ flags: ['--mqtt-port', port, '--message-rate', '0'] })
    await terminal.until(/said in the dark\n[^]*● online/)
    const screen = await other.until(/alice said in the dark[^]*● online/)
    assert.equal(screen.split('said in the dark').length, 2, 'once')
  })

  it('shows why a message was refused', async () => {
    await using terminal = await bob.chat()
    await terminal.until(/● online · \d here/)
    const { server } = node.firstRun
    const done = await node.cli('member', 'timeout', server, 'bob', '--for', '1h')
    assert.equal(done.code, 0, done.stderr)
    await terminal.type('may I?')
    await terminal.press('Enter')
    await terminal.until(/✗ not sent: TIMED_OUT_MEMBER: /)
  })
})
