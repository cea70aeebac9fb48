import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request as secureRequest } from 'node:https'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadCertificate } from '../../../../node/data-folder/certificate.ts'
import type { Certificate } from '../../../../node/data-folder/certificate.ts'
import { layoutOf } from '../../../../node/data-folder/layout.ts'
import type { HttpComponents, HttpInit } from '../../../../node/http/components.ts'
import { isLoopback } from '../../../../node/http/door.ts'
import { createHttp } from '../../../../node/http/http.ts'
import type { Http } from '../../../../node/http/http.ts'
import { createMetrics } from '../../../../node/http/metrics.ts'
import { HearthError } from '../../../../spec/errors.ts'
import { limits } from '../../../../spec/limits.ts'

describe('HTTP', () => {
  let folder: string
  let certificate: Certificate
  let http: Http
  let port: number
  let well = true
  const upgrades: string[] = []
  const metrics = createMetrics([
    { name: 'answers', help: 'how many', kind: 'gauge', read: () => 42 },
    { name: 'messages_total', help: 'how many', kind: 'counter', read: () => 7 },
  ])

  const components: HttpComponents = {
    health: () => ({ ok: well, checks: { disk: { ok: well, detail: well ? undefined : 'full' } } }),
    wellKnown: () => ({
      nodeId: 'abc',
      name: 'home<b>',
      version: '0.1.0',
      addresses: { mqtt: 'mqtt://here' },
      certificate: 'AA:BB',
      p2p: [],
    }),
    metrics,
    register: async ({ invite, user, address }) => {
      if (invite !== 'right') throw new HearthError('INVITE_INVALID')
      if (user === 'break') throw new Error('secret of the house')
      assert.equal(address, '127.0.0.1')
      return { user }
    },
    onUpgrade: (request, socket) => {
      upgrades.push(request.url ?? '')
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    },
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  }
  const start = async (listener: Partial<HttpInit['listener']> = {}): Promise<[Http, number]> => {
    const made = createHttp(components, {
      listener: { host: '127.0.0.1', port: 0, plainFrom: 'anyone', ...listener },
      tls: certificate,
      connectionsMax: 100,
    })
    return [made, await made.start()]
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-http-'))
    certificate = await loadCertificate(layoutOf(folder), { bind: '127.0.0.1' }, Date)
    ;[http, port] = await start()
  })
  after(async () => {
    await http.stop()
    metrics[Symbol.dispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init)
  const register = (body: string, type = 'application/json') =>
    get('/api/register', { method: 'POST', body, headers: { 'content-type': type } })
  const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code
  /** Everything a raw connection is answered until it is closed. */
  const raw = async (bytes: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => (text += String(chunk)))
    socket.write(bytes)
    await once(socket, 'close')
    return text
  }

  it('tells its health, 503 when something is wrong', async () => {
    const good = await get('/healthz')
    assert.equal(good.status, 200)
    assert.deepEqual(await good.json(), { ok: true, checks: { disk: { ok: true } } })
    well = false
    const bad = await get('/healthz')
    well = true
    assert.equal(bad.status, 503)
    assert.deepEqual(await bad.json(), { ok: false, checks: { disk: { ok: false, detail: 'full' } } })
  })

  it('gives metrics of the process and of the node', async () => {
    const text = await (await get('/metrics')).text()
    assert.match(text, /^hearth_answers 42$/m)
    assert.match(text, /^hearth_messages_total 7$/m)
    assert.match(text, /^process_resident_memory_bytes \d+$/m)
    assert.match(await (await get('/metrics')).text(), /^hearth_messages_total 7$/m)
  })

  it('introduces the node', async () => {
    const answer = await get('/.well-known/hearth.json')
    assert.equal(answer.headers.get('access-control-allow-origin'), '*')
    assert.equal(((await answer.json()) as { nodeId: string }).nodeId, 'abc')
  })

  it('says how to connect, with the name as text and not as HTML', async () => {
    const page = await (await get('/')).text()
    assert.match(page, /home&#60;b&#62;/)
    assert.match(page, /mqtt:\/\/here/)
    assert.doesNotMatch(page, /home<b>|\{\w+\}/)
  })

  it('sends every answer with headers that shut the page in', async () => {
    for (const path of ['/', '/join', '/healthz', '/nothing']) {
      const { headers } = await get(path)
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/, path)
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.equal(headers.get('referrer-policy'), 'no-referrer')
    }
  })

  it('makes an account by an invite', async () => {
    const answer = await register('{"invite":"right","user":"alice","password":"long enough"}')
    assert.equal(answer.status, 201)
    assert.deepEqual(await answer.json(), { user: 'alice' })
  })

  it('refuses what is malformed, each with its code', async () => {
    const cases: [body: string, status: number, code: string][] = [
      ['{"invite":"wrong","user":"a","password":"b"}', 403, 'INVITE_INVALID'],
      ['{"invite":"right"', 400, 'JSON_INVALID'],
      ['{"invite":"right","user":1,"password":"b"}', 400, 'BAD_REQUEST'],
      ['{"invite":"right","user":"a","password":"b","admin":true}', 400, 'UNKNOWN_FIELD'],
      [JSON.stringify({ invite: 'x'.repeat(limits.packetBytesMax) }), 413, 'PACKET_TOO_LARGE'],
    ]
    for (const [body, status, code] of cases) {
      const answer = await register(body)
      assert.equal(answer.status, status, code)
      assert.equal(await codeOf(answer), code)
    }
    assert.equal(await codeOf(await register('{}', 'text/plain')), 'BAD_REQUEST')
    const latin1 = await get('/api/register', {
      method: 'POST',
      body: new Uint8Array([0xff, 0xfe]),
      headers: { 'content-type': 'application/json' },
    })
    assert.equal(await codeOf(latin1), 'NOT_UTF8')
  })

  it('a fault of ours is a bare 500', async () => {
    const answer = await register('{"invite":"right","user":"break","password":"b"}')
    assert.equal(answer.status, 500)
    assert.equal(await answer.text(), '')
  })

  it('knows its paths and their methods', async () => {
    assert.equal((await get('/nothing')).status, 404)
    assert.equal((await get('/constructor')).status, 404)
    const wrong = await get('/healthz', { method: 'DELETE' })
    assert.equal(wrong.status, 405)
    assert.equal(wrong.headers.get('allow'), 'GET')
    const head = await get('/healthz?x=1', { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.equal(await head.text(), '')
  })

  it('hands upgrades on /mqtt to the broker, and no others', async () => {
    const ask = (path: string) =>
      raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
    assert.match(await ask('/mqtt'), /^HTTP\/1\.1 101/)
    assert.deepEqual(upgrades, ['/mqtt'])
    assert.match(await ask('/other'), /^HTTP\/1\.1 404/)
    assert.equal(upgrades.length, 1)
  })

  it('threat 44: a __proto__ header, a flood of headers and huge ones are refused', async () => {
    const ask = (headers: string) => raw(`GET /healthz HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)
    assert.match(await ask('__proto__: 1\r\n'), /^HTTP\/1\.1 431/)
    assert.match(await ask('a: b\r\n'.repeat(150)), /^HTTP\/1\.1 431/)
    assert.match(await ask(`a: ${'x'.repeat(20_000)}\r\n`), /^HTTP\/1\.1 431/)
    assert.match(await raw('nonsense\r\n\r\n'), /^HTTP\/1\.1 400/)
  })

  it('speaks TLS on the same port', async () => {
    const request = secureRequest({ host: '127.0.0.1', port, path: '/healthz', ca: certificate.cert, agent: false })
    request.end()
    const [answer] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }]
    answer.resume()
    assert.equal(answer.statusCode, 200)
  })

  it('public: plain text is for this machine', async () => {
    const [local, localPort] = await start({ plainFrom: 'loopback' })
    assert.equal((await fetch(`http://127.0.0.1:${localPort}/healthz`)).status, 200)
    await local.stop()
    const [closed, closedPort] = await start({ plainFrom: 'nobody' })
    await assert.rejects(fetch(`http://127.0.0.1:${closedPort}/healthz`))
    await closed.stop()
  })

  it('knows which addresses are this machine', () => {
    for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) assert.ok(isLoopback(address), address)
    for (const address of ['10.0.0.1', '::2', '::ffff:10.0.0.1', '', undefined, '127.0.0.1.evil']) {
      assert.ok(!isLoopback(address), address)
    }
  })

  it('cuts every connection when it stops', async () => {
    const [stopping, itsPort] = await start()
    const idle: Socket = connect(itsPort, '127.0.0.1')
    await once(idle, 'connect')
    const half = connect(itsPort, '127.0.0.1')
    half.write('GET / HTTP/1.1\r\n')
    await once(half, 'connect')
    const cut = [idle, half].map((socket) => {
      // A reset is as good as an end.
      socket.on('error', () => {})
      return new Promise((resolve) => socket.once('close', resolve))
    })
    await Promise.all([...cut, stopping.stop()])
    await stopping.stop()
  })
})
