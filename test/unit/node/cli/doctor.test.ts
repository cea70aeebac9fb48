import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkCertificate } from '../../../../node/cli/doctor/certificate.ts'
import { checkData } from '../../../../node/cli/doctor/data.ts'
import { checkFederation } from '../../../../node/cli/doctor/federation.ts'
import type { DoctorFinding, Patient } from '../../../../node/cli/doctor/finding.ts'
import { checkClock, checkDisk, checkFileLimit } from '../../../../node/cli/doctor/machine.ts'
import { checkPorts } from '../../../../node/cli/doctor/ports.ts'
import { configSchema } from '../../../../node/config/settings.ts'
import { loadCertificate } from '../../../../node/data-folder/certificate.ts'
import { layoutOf } from '../../../../node/data-folder/layout.ts'
import { HearthError } from '../../../../spec/errors.ts'

const hourMs = 3_600_000
const anyPorts = { httpPort: 0, mqttPort: 0, mqttsPort: 0, p2pPort: 0 }

describe('the doctor', () => {
  let folder: string
  let taken: Server
  let takenPort: number
  before(async () => {
    taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    takenPort = (taken.address() as AddressInfo).port
  })
  after(() => taken.close())
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-doctor-'))
    await mkdir(layoutOf(folder).store)
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const patient = (settings: object = {}, more: Partial<Patient> = {}): Patient => ({
    config: configSchema.parse({ data: folder, ...anyPorts, ...settings }),
    layout: layoutOf(folder),
    status: undefined,
    hasData: true,
    now: Date.now(),
    ...more,
  })
  /** The worst finding says what is wrong, why it matters and what to do. */
  const finds = (findings: readonly DoctorFinding[], level: DoctorFinding['level'], what: RegExp) => {
    const finding = findings.find((one) => one.level === level)
    assert.ok(finding, JSON.stringify(findings))
    assert.match(finding.what, what)
    assert.ok((finding.why ?? '').length > 0 && (finding.fix ?? '').length > 0, JSON.stringify(finding))
  }
  const isWell = (findings: readonly DoctorFinding[]) =>
    assert.ok(
      findings.every(({ level }) => level === 'ok'),
      JSON.stringify(findings),
    )

  it('sees whether other nodes can reach this one, and whose clock is off', async () => {
    const peer = {
      node: 'n'.repeat(52),
      name: 'elm',
      state: 'connected',
      address: undefined,
      direction: 'in',
      relayed: false,
      since: 0,
      rttMs: 1,
      clockOffsetMs: 0,
      bytesIn: 0,
      bytesOut: 0,
      forks: 0,
      reason: undefined,
    }
    const look = (settings: object, p2p: string | undefined, ...peers: Partial<typeof peer>[]) =>
      checkFederation({ ...patient(settings), status: { addresses: { p2p } } as Patient['status'] }, async () =>
        peers.map((changes) => ({ ...peer, ...changes })),
      )
    const here = `/ip4/127.0.0.1/tcp/${takenPort}/p2p/12D3`
    isWell(await checkFederation(patient({ federation: 'off' }), async () => []))
    isWell(await look({}, here))
    isWell(await look({}, here, {}, { clockOffsetMs: -900 }))
    finds(await look({}, undefined), 'fault', /no address/)
    finds(await look({}, '/ip4/127.0.0.1/tcp/1'), 'fault', /does not answer/)
    finds(await look({}, here, { clockOffsetMs: 40_000 }), 'warning', /elm is 40 s ahead/)
    finds(await look({}, here, { state: 'cutOff' }), 'warning', /elm is cut off/)
    finds(await look({ relayVia: '/ip4/192.0.2.1/tcp/1' }, here), 'warning', /no relay/)
    const relayed = `${here}/p2p-circuit/p2p/12D4`
    const status = { addresses: { p2p: here, relayed } } as Patient['status']
    isWell(await checkFederation({ ...patient({ relayVia: '/ip4/192.0.2.1/tcp/1' }), status }, async () => []))
  })

  it('sees ports that are taken or cannot be bound', async () => {
    isWell(await checkPorts(patient()))
    finds(await checkPorts(patient({ mqttPort: takenPort })), 'fault', /mqtt-port \d+ is taken/)
    finds(await checkPorts(patient({ bind: '203.0.113.1', mqttPort: 18_830 })), 'fault', /cannot listen on 203/)
  })

  it('sees doors of a running node that do not answer', async () => {
    const status = { addresses: { http: 'http://127.0.0.1:1', mqtt: 'mqtt://127.0.0.1:1', mqtts: 'mqtts://[::1]:1' } }
    const findings = await checkPorts(patient({}, { status: status as unknown as NonNullable<Patient['status']> }))
    assert.deepEqual(
      findings.map(({ level }) => level),
      ['fault', 'fault', 'fault'],
    )
    finds(findings, 'fault', /HTTP does not answer/)
  })

  it('sees a clock that is wrong or was set back', async () => {
    isWell(await checkClock(patient()))
    finds(await checkClock(patient({}, { now: 0 })), 'fault', /too early/)
    const file = join(layoutOf(folder).store, '000003.log')
    await writeFile(file, '')
    const later = new Date(Date.now() + hourMs)
    await utimes(file, later, later)
    finds(await checkClock(patient()), 'warning', /was set back/)
  })

  it('sees a disk with too little room', async () => {
    isWell(await checkDisk(patient({ diskFloorMib: 1 })))
    finds(await checkDisk(patient({ diskFloorMib: 1_048_576 })), 'fault', /free at/)
    isWell(await checkDisk({ ...patient({ diskFloorMib: 1 }), layout: layoutOf(join(folder, 'not', 'yet')) }))
  })

  it('sees a file limit below the connections that are promised', async () => {
    isWell(await checkFileLimit(patient({ connectionsMax: 1 })))
    const findings = await checkFileLimit(patient({ connectionsMax: 1_000_000 }))
    if (findings[0]?.level !== 'ok') finds(findings, 'warning', /may be needed/)
  })

  it('sees certificates that run out, miss the domain, are public and self-signed, or do not read', async () => {
    isWell(await checkCertificate(patient()))
    const { certFile, keyFile, expires } = await loadCertificate(layoutOf(folder), { bind: '127.0.0.1' }, Date)
    isWell(await checkCertificate(patient()))
    finds(await checkCertificate(patient({}, { now: expires + 1 })), 'fault', /ran out/)
    finds(await checkCertificate(patient({}, { now: expires - hourMs })), 'warning', /runs out/)
    finds(await checkCertificate(patient({ domain: 'home.example' })), 'warning', /not for home\.example/)
    finds(await checkCertificate(patient({ public: true })), 'warning', /self-signed/)
    isWell(await checkCertificate(patient({ public: true, tlsCert: certFile, tlsKey: keyFile })))
    await writeFile(certFile, 'no certificate')
    finds(await checkCertificate(patient()), 'fault', /not a PEM/)
  })

  describe('of the data', () => {
    const examined = (examine: () => Promise<never[]>, more: Partial<Patient> = {}) =>
      checkData(patient({}, more), { examine, isQuick: false })

    it('is content with what verifies, and with none yet', async () => {
      isWell(await examined(async () => []))
      isWell(await examined(() => Promise.reject(new Error('not asked')), { hasData: false }))
    })

    it('names damage, also where the log does not open', async () => {
      const what = { where: 'feed f, seq 7', what: 'the chain is broken' }
      finds(await checkData(patient(), { examine: async () => [what], isQuick: true }), 'damage', /seq 7: the chain/)
      const closed = () => Promise.reject(new HearthError('CORRUPT', 'events are missing'))
      finds(await examined(closed), 'damage', /events are missing/)
      const broken = () => Promise.reject(new HearthError('STORE_FAILED', 'IO error'))
      const findings = await examined(broken)
      assert.deepEqual([findings[0]?.level, findings[0]?.what], ['fault', 'IO error'])
    })

    it('sees a folder that others can enter', async () => {
      await chmod(folder, 0o755)
      finds(await examined(async () => []), 'warning', /mode 755/)
    })

    it('sees a node that runs and does not answer', async () => {
      const start = await readFile('/proc/self/stat', 'utf8')
      const processStart = start.slice(start.lastIndexOf(')') + 2).split(' ')[19]
      await writeFile(layoutOf(folder).lock, JSON.stringify({ pid: process.pid, processStart, nonce: 'x'.repeat(24) }))
      finds(await examined(async () => []), 'fault', /does not answer/)
    })
  })
})
