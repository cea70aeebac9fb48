import assert from 'node:assert/strict'
import { openAdmissionLists } from '../../../../node/federation/admission-lists.ts'
import { openPeerStore } from '../../../../node/federation/peer-store.ts'
import { openProofs } from '../../../../node/federation/proofs.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import type { PeerRecord } from '../../../../federation/trust/components.ts'
import type { FeedId, NodeId } from '../../../../spec/ids.ts'

describe('what a node keeps of others, across starts', () => {
  it('TRUST-2: records of peers, with and without a domain and a key', async () => {
    const store = createMemoryStore()
    const whole: PeerRecord = {
      nodeId: 'a'.repeat(52) as NodeId,
      name: 'oak',
      domain: 'oak.example',
      addresses: ['/ip4/192.0.2.7/tcp/4001'],
      pinnedBy: 'invite',
      certificateSerial: 3,
      hotKey: Uint8Array.from({ length: 32 }, (_, i) => i),
      firstSeenMs: 1,
      lastSeenMs: 2,
      state: 'blocked',
      reason: 'spam',
    }
    const bare: PeerRecord = {
      ...whole,
      nodeId: 'b'.repeat(51).concat('a') as NodeId,
      domain: undefined,
      hotKey: undefined,
      state: 'trusted',
      reason: undefined,
    }
    const peers = await openPeerStore(store)
    await peers.put(whole)
    await peers.put(bare)
    const loaded = await (await openPeerStore(store)).load()
    assert.deepEqual(
      loaded.map(({ hotKey, ...rest }) => ({ ...rest, hotKey: hotKey && Uint8Array.from(hotKey) })),
      [whole, bare],
    )
    await peers.delete(whole.nodeId)
    assert.equal((await (await openPeerStore(store)).load()).length, 1)
  })

  it('TRUST-8: an entry is on one list at most; the mode is kept', async () => {
    const store = createMemoryStore()
    const lists = await openAdmissionLists(store)
    assert.equal(lists.policy().mode, 'open')
    await lists.add('allow', 'oak.example')
    await lists.add('deny', 'oak.example')
    await lists.add('deny', 'elm.example')
    await lists.remove('deny', 'elm.example')
    await lists.setMode('allow')
    for (const one of [lists, await openAdmissionLists(store)]) {
      const { mode, allow, deny } = one.policy()
      assert.deepEqual([mode, [...allow], [...deny]], ['allow', [], ['oak.example']])
    }
  })

  it('SYNC-11: proofs of forks', async () => {
    const store = createMemoryStore()
    const proofs = await openProofs(store)
    await proofs.keep('f' as FeedId, Uint8Array.of(1, 2, 255))
    assert.deepEqual(
      (await openProofs(store)).all().map((bytes) => [...bytes]),
      [[1, 2, 255]],
    )
  })
})
