import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type { Lookups, Policy } from '../../../../federation/trust/components.ts'
import { createTrust, type Trust } from '../../../../federation/trust/create-trust.ts'
import { fingerprint } from '../../../../federation/trust/fingerprint.ts'
import type { Claim } from '../../../../federation/trust/judge.ts'
import { createSigningKey, createVerify } from '../../../../node/crypto.ts'
import { HearthError } from '../../../../spec/errors.ts'
import { limits } from '../../../../spec/limits.ts'
import { certify, memoryPeerStore, newKeys, noLookups, openPolicy, type Keys } from '../peers/two-nodes.ts'

const self = newKeys()
const peer = newKeys()
const verify = createVerify()

const make = async (
  options: { policy?: () => Policy; lookups?: Lookups; store?: ReturnType<typeof memoryPeerStore> } = {},
): Promise<{ trust: Trust; store: ReturnType<typeof memoryPeerStore>; time: { ms: number } }> => {
  const time = { ms: 7_300_000 }
  const store = options.store ?? memoryPeerStore()
  const trust = createTrust({
    self: self.nodeId,
    verify,
    store,
    policy: options.policy ?? (() => openPolicy),
    lookups: options.lookups ?? noLookups,
    clock: { now: () => time.ms },
  })
  await trust.start()
  return { trust, store, time }
}

const claimOf = (keys: Keys, { serial = 1, ...claim }: Partial<Claim> & { serial?: number } = {}): Claim => ({
  nodeId: keys.nodeId,
  certificate: certify(keys, serial),
  remoteKey: keys.hot.publicKey,
  name: 'anna',
  domain: undefined,
  addresses: ['/ip4/127.0.0.1/tcp/4001'],
  ...claim,
})

const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    assert.ok(error instanceof HearthError)
    assert.equal(error.code, 'PEER_REFUSED')
    return error.message
  }
  return assert.fail('it was admitted')
}

describe('federation/trust', () => {
  // TRUST-1, TRUST-2, TRUST-3
  it('trusts on first use, remembers on disk, and knows the node again after a restart', async () => {
    const { trust, store, time } = await make()
    const record = await trust.admit(claimOf(peer))
    assert.deepEqual(
      { ...record, hotKey: undefined },
      {
        nodeId: peer.nodeId,
        name: 'anna',
        domain: undefined,
        addresses: ['/ip4/127.0.0.1/tcp/4001'],
        pinnedBy: 'tofu',
        certificateSerial: 1,
        hotKey: undefined,
        firstSeenMs: 7_300_000,
        lastSeenMs: 7_200_000,
        state: 'trusted',
        reason: undefined,
      },
    )
    const again = await make({ store })
    assert.deepEqual(again.trust.record(peer.nodeId), record)
    assert.equal(await again.trust.admit(claimOf(peer)), record)
    time.ms += 3_600_000
    assert.equal((await trust.admit(claimOf(peer))).lastSeenMs, 10_800_000)
  })

  // TRUST-3
  it('an invite pins the node before it was ever met', async () => {
    const { trust } = await make()
    await trust.pin({ nodeId: peer.nodeId, by: 'invite', addresses: ['/ip4/127.0.0.2/tcp/1'] })
    assert.equal((await trust.admit(claimOf(peer))).pinnedBy, 'invite')
  })

  // TRUST-1, TRUST-5
  it('refuses a certificate by another root, for another key, or none, and says what to do', async () => {
    const { trust, store } = await make()
    const other = newKeys()
    const wrong: Partial<Claim>[] = [
      { certificate: certify({ root: other.root, hot: peer.hot }) },
      { certificate: certify({ root: peer.root, hot: other.hot }) },
      { certificate: new Uint8Array() },
      { remoteKey: other.hot.publicKey },
      { nodeId: other.nodeId },
    ]
    for (const claim of wrong) await refusal(trust.admit(claimOf(peer, claim)))
    assert.equal(store.records.size, 0)

    await trust.admit(claimOf(peer))
    const message = await refusal(
      trust.admit(
        claimOf(peer, { remoteKey: other.hot.publicKey, certificate: certify({ root: other.root, hot: other.hot }) }),
      ),
    )
    for (const part of [
      'anna',
      fingerprint(peer.hot.publicKey),
      fingerprint(other.hot.publicKey),
      'hearth key rotate',
      'hearth peer trust',
    ]) {
      assert.ok(message.includes(part), `${part} in: ${message}`)
    }
    assert.match(await refusal(trust.admit(claimOf(self))), /this node itself/)
  })

  // TRUST-4
  it('threat 26: a key that was replaced is worth nothing, whoever shows its certificate again', async () => {
    const { trust, store } = await make()
    await trust.admit(claimOf(peer))
    const rotated: Keys = { ...peer, hot: createSigningKey() }
    await trust.admit(claimOf(rotated, { serial: 2 }))
    for (const { trust: asked } of [{ trust }, await make({ store })]) {
      const message = await refusal(asked.admit(claimOf(peer)))
      assert.ok(
        message.includes(fingerprint(peer.hot.publicKey)) && message.includes(fingerprint(rotated.hot.publicKey)),
      )
    }
    const third: Keys = { ...peer, hot: createSigningKey() }
    assert.match(await refusal(trust.admit(claimOf(third, { serial: 2 }))), /two certificates/)
    // The admin knows better: the backup it is.
    await trust.accept(peer.nodeId)
    assert.equal((await trust.admit(claimOf(peer))).certificateSerial, 1)
  })

  // TRUST-4
  it('whatever certificates come in whatever order, the serial that is remembered only goes up', async () => {
    const keys = Array.from({ length: 4 }, (): Keys => ({ ...peer, hot: createSigningKey() }))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key: fc.nat(3), serial: fc.integer({ min: 1, max: 6 }), forged: fc.boolean() })),
        async (shown) => {
          const { trust } = await make()
          let highest = 0
          for (const { key, serial, forged } of shown) {
            const claim = claimOf(keys[key] ?? peer, { serial, ...(forged && { nodeId: self.nodeId }) })
            const admitted = await trust.admit(claim).then(
              () => true,
              () => false,
            )
            const record = trust.record(peer.nodeId)
            assert.ok((record?.certificateSerial ?? 0) >= highest)
            if (admitted) {
              assert.ok(!forged && serial >= highest)
              assert.deepEqual(Buffer.from(record?.hotKey ?? []), Buffer.from(claim.remoteKey))
            }
            highest = record?.certificateSerial ?? 0
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  // TRUST-8
  it('blocks, denies by id and by domain, and in allow mode admits nobody else', async () => {
    const set = (...names: string[]): ReadonlySet<string> => new Set(names)
    let policy: Policy = openPolicy
    const { trust } = await make({ policy: () => policy })
    await trust.admit(claimOf(peer))
    assert.equal(trust.isAdmitted(peer.nodeId), true)
    policy = { ...openPolicy, deny: set(peer.nodeId) }
    assert.match(await refusal(trust.admit(claimOf(peer))), /deny list/)
    assert.equal(trust.isAdmitted(peer.nodeId), false)
    policy = { ...openPolicy, deny: set('anna.example') }
    assert.match(await refusal(trust.admit(claimOf(peer, { domain: 'anna.example' }))), /deny list/)
    policy = { mode: 'allow', allow: set(), deny: set() }
    assert.match(await refusal(trust.admit(claimOf(peer))), /hearth federation allow/)
    // Saying that one is an allowed domain is not enough.
    policy = { mode: 'allow', allow: set('anna.example'), deny: set() }
    await refusal(trust.admit(claimOf(peer, { domain: 'anna.example' })))
    await trust.accept(peer.nodeId, 'anna.example')
    await trust.admit(claimOf(peer, { domain: 'anna.example' }))
    policy = { mode: 'allow', allow: set(peer.nodeId), deny: set() }
    await trust.admit(claimOf(peer))
    await trust.block(peer.nodeId, 'spam')
    assert.match(await refusal(trust.admit(claimOf(peer))), /blocked here \(spam\)/)
    await trust.accept(peer.nodeId)
    await trust.admit(claimOf(peer))
  })

  // TRUST-2
  it('keeps a bounded number of nodes that nobody vouched for', async () => {
    const store = memoryPeerStore()
    const first = await (await make({ store })).trust.admit(claimOf(peer))
    for (let i = 1; i < limits.peerRecordsMax; i++) {
      const nodeId = `${first.nodeId.slice(0, 40)}${String(i).padStart(12, 'x')}` as typeof first.nodeId
      store.records.set(nodeId, { ...first, nodeId, lastSeenMs: first.lastSeenMs + i })
    }
    const { trust } = await make({ store })
    await trust.admit(claimOf(newKeys()))
    assert.equal(store.records.size, limits.peerRecordsMax)
    assert.equal(trust.record(peer.nodeId), undefined)
  })
})

describe('federation/trust by domain', () => {
  const page = (nodeId: string, p2p: string[] = []): string => JSON.stringify({ nodeId, p2p, name: 'anna' })
  const lookups = (pageText: string | undefined, ...records: string[]): Lookups => ({
    fetchText: async (url) => (url === 'https://anna.example/.well-known/hearth.json' ? pageText : undefined),
    resolveTxt: async (name) => (name === '_hearth.anna.example' ? records : []),
  })
  const other = newKeys()

  // TRUST-6
  it('a page, a TXT record, or both when they agree', async () => {
    const answers: [Lookups, string][] = [
      [lookups(page(peer.nodeId, ['/dns4/anna.example/tcp/4001'])), 'well-known'],
      [lookups(undefined, 'v=spf1 -all', peer.nodeId), 'dns'],
      [lookups(page(peer.nodeId), peer.nodeId), 'well-known'],
    ]
    for (const [names, by] of answers) {
      const { trust } = await make({ lookups: names })
      const answer = await trust.discover('anna.example')
      assert.deepEqual([answer.nodeId, answer.by], [peer.nodeId, by])
    }
    const wrong: Lookups[] = [
      lookups(page(peer.nodeId), other.nodeId),
      lookups('<html>'),
      lookups('{"nodeId":"short"}'),
      lookups(undefined, peer.nodeId, other.nodeId),
    ]
    for (const names of wrong) await refusal((await make({ lookups: names })).trust.discover('anna.example'))
    await assert.rejects((await make()).trust.discover('anna.example'), { code: 'NODE_DOWN' })
  })

  // TRUST-6
  it('a node goes by a domain only when each names the other', async () => {
    const { trust } = await make({ lookups: lookups(page(peer.nodeId)) })
    await trust.admit(claimOf(peer, { domain: 'anna.example' }))
    await trust.admit(claimOf(other, { domain: 'anna.example' }))
    assert.equal(trust.record(peer.nodeId)?.domain, undefined)
    assert.match(await refusal(trust.confirmDomain(other.nodeId, 'anna.example')), /which names/)
    const record = await trust.confirmDomain(peer.nodeId, 'anna.example')
    assert.deepEqual([record.domain, record.pinnedBy], ['anna.example', 'well-known'])
    assert.equal((await trust.admit(claimOf(peer))).domain, 'anna.example')
  })

  // TRUST-5, TRUST-6
  it('a domain that is known as one node is not taken over by another until an admin says so', async () => {
    let names = lookups(page(peer.nodeId))
    const { trust } = await make({
      lookups: { fetchText: (url, most) => names.fetchText(url, most), resolveTxt: (name) => names.resolveTxt(name) },
    })
    await trust.admit(claimOf(peer, { domain: 'anna.example' }))
    await trust.confirmDomain(peer.nodeId, 'anna.example')
    names = lookups(page(other.nodeId))
    const message = await refusal(trust.admit(claimOf(other, { domain: 'anna.example' })))
    for (const part of ['anna.example', fingerprint(peer.root.publicKey), fingerprint(other.root.publicKey)]) {
      assert.ok(message.includes(part), `${part} in: ${message}`)
    }
    assert.ok(message.endsWith(`hearth peer trust ${other.nodeId} --domain anna.example`))
    await refusal(trust.discover('anna.example'))
    await refusal(trust.pin({ nodeId: other.nodeId, by: 'invite', domain: 'anna.example' }))
    await trust.accept(other.nodeId, 'anna.example')
    assert.equal((await trust.admit(claimOf(other, { domain: 'anna.example' }))).domain, 'anna.example')
    assert.equal(trust.record(peer.nodeId)?.domain, undefined)
    assert.equal((await trust.discover('anna.example')).nodeId, other.nodeId)
  })

  it('forgets a node for good', async () => {
    const { trust, store } = await make()
    await trust.admit(claimOf(peer))
    await trust.forget(peer.nodeId)
    assert.equal(store.records.size, 0)
    await assert.rejects(trust.confirmDomain(peer.nodeId, 'anna.example'), { code: 'NOT_FOUND' })
  })
})
