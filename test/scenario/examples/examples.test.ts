/** `client/examples/`, each as its user would run it, against a real node. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { connectClient, type TestClient } from '../../support/mqtt-client.ts'
import { startNode, type NodeProcess } from '../../support/node-process.ts'
import { repository } from '../../support/repository.ts'
import { password } from '../talking/community.ts'
import { startProgram, type Program } from './program.ts'

const examples = join(repository, 'client', 'examples')
/** Debian's, which has Debian's packages. */
const python = '/usr/bin/python3'

const eventSchema = z.looseObject({ id: z.string(), body: z.string(), replyTo: z.string().optional() })

describe('examples', () => {
  const cleanUp = new AsyncDisposableStack()
  let node: NodeProcess
  let alice: TestClient
  let environment: Readonly<Record<string, string>>

  before(async () => {
    node = cleanUp.use(await startNode({ flags: ['--name', 'home'] }))
    const { url, hostname, port } = addressOf(node)
    const { code } = await node.ask(z.looseObject({ code: z.string() }), 'invite', 'create')
    alice = cleanUp.use(
      await connectClient({ url, user: 'alice', password: `${code}:${password}`, clientId: 'alice-laptop' }),
    )
    await alice.subscribe(['s/home/general/events', 's/home/general/lines'])
    const { user, token } = node.firstRun
    environment = { HEARTH_HOST: hostname, HEARTH_PORT: port, HEARTH_URL: url, HEARTH_USER: user, HEARTH_TOKEN: token }
  })
  after(() => cleanUp.disposeAsync())

  const say = async (text: string): Promise<void> => {
    const ack = await alice.publish('s/home/general/say', text)
    assert.equal(ack.code, 0, ack.reason)
  }
  const line = (text: string): Promise<unknown> =>
    alice.waitFor((message) => message.topic === 's/home/general/lines' && message.text === text)
  /** The event with a text. */
  const event = async (body: string): Promise<z.output<typeof eventSchema>> => {
    const { text } = await alice.waitFor((message) => {
      if (message.topic !== 's/home/general/events') return false
      const parsed = eventSchema.safeParse(JSON.parse(message.text))
      return parsed.success && parsed.data.body === body
    })
    return eventSchema.parse(JSON.parse(text))
  }
  const start = (command: readonly string[]): Program => cleanUp.use(startProgram(command, { environment }))

  it('echo-bot.ts, 20 lines of SDK, answers', async () => {
    const file = join(examples, 'echo-bot.ts')
    assert.ok((await readFile(file, 'utf8')).trimEnd().split('\n').length <= 20)
    const bot = start([process.execPath, file, 'home/general'])
    await bot.line(/^echoing in home\/general$/)
    await say('not for the bot')
    await say('!echo is anybody there?')
    const asked = await event('!echo is anybody there?')
    assert.equal((await event('is anybody there?')).replyTo, asked.id)
    await line('hello@home: is anybody there?')
  })

  it('sensor.sh says what passed its limit, and nothing else', async () => {
    const sensor = start([join(examples, 'sensor.sh'), 'home/general'])
    for (const reading of [61_000, 71_000, 72_000, 64_000]) sensor.type(String(reading))
    assert.equal(await sensor.finish(), 0)
    // The program has ended, so both are on disk, and were told in their order.
    await line('hello@home: It is cool: 64000')
    const said = alice.received.flatMap(({ topic, text }) =>
      topic.endsWith('/lines') && text.includes('It is') ? [text] : [],
    )
    assert.deepEqual(said, ['hello@home: It is hot: 71000', 'hello@home: It is cool: 64000'])
  })

  it('who_bot.py makes a call and answers with what it heard', async () => {
    const bot = start([python, join(examples, 'who_bot.py'), 'home/general'])
    await bot.line(/^listening in home\/general$/)
    await say('!who')
    const asked = await event('!who')
    assert.equal((await event('Here are: alice, hello')).replyTo, asked.id)
  })

  it('home-assistant/configuration.yaml: a message becomes a notification, the doorbell a message', async () => {
    const home = start([
      python,
      join(repository, 'test/scenario/examples/home_assistant.py'),
      join(examples, 'home-assistant/configuration.yaml'),
    ])
    assert.deepEqual(JSON.parse(await home.line()), { subscribed: [1] })
    await say('the kettle is on')
    assert.deepEqual(JSON.parse(await home.line()), {
      action: 'notify.mobile_app_phone',
      data: { title: 'alice in general', message: 'the kettle is on' },
    })
    home.type('binary_sensor.doorbell on')
    assert.deepEqual(JSON.parse(await home.line()), {
      action: 'notify.send_message',
      data: { message: 'Somebody is at the door (doorbell)' },
    })
    await line('hello@home: Somebody is at the door (doorbell)')
    // What Home Assistant said itself comes back on its topic, and notifies nobody.
    await say('and the cake is ready')
    assert.match(await home.line(), /the cake is ready/)
  })
})

const addressOf = (node: NodeProcess): { url: string; hostname: string; port: string } => {
  const url = node.ready.addresses.mqtt
  const { hostname, port } = new URL(url)
  return { url, hostname, port }
}
