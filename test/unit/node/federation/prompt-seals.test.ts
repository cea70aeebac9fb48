import assert from 'node:assert/strict'
import { sealPromptly } from '../../../../node/federation/prompt-seals.ts'
import type { Entry } from '../../../../node/log/log.ts'
import type { ChannelId, NodeId } from '../../../../spec/ids.ts'

const here = 'here' as NodeId
const there = 'there' as NodeId
const shared = 'shared' as ChannelId
const own = 'own' as ChannelId
const entry = (node: NodeId, channel: ChannelId): Entry => ({ node, channel }) as Entry

describe('prompt seals', () => {
  const setUp = () => {
    let commit: (entries: readonly Entry[]) => void = () => {}
    let change = (): void => {}
    let peers: readonly NodeId[] = [there]
    const seals: PromiseWithResolvers<void>[] = []
    const stop = sealPromptly(
      {
        log: {
          onCommitted: (listener) => {
            commit = listener
            return () => (commit = () => {})
          },
          seal: () => {
            const seal = Promise.withResolvers<void>()
            seals.push(seal)
            return seal.promise
          },
        },
        directory: {
          peersOf: (channel) => (channel === shared ? peers : []),
          onChanged: (listener) => {
            change = listener
            return () => (change = () => {})
          },
        },
      },
      here,
    )
    return {
      seals,
      stop,
      commit: (...entries: Entry[]) => commit(entries),
      leave: () => {
        peers = []
        change()
      },
    }
  }

  it('come for what this node said where others listen, and for nothing else', () => {
    const { seals, commit, leave, stop } = setUp()
    commit(entry(here, own), entry(there, shared))
    assert.equal(seals.length, 0)
    commit(entry(here, own), entry(here, shared))
    assert.equal(seals.length, 1)
    leave()
    commit(entry(here, shared))
    assert.equal(seals.length, 1)
    stop()
  })

  it('are one at a time: batches that come meanwhile share the next', async () => {
    const { seals, commit, stop } = setUp()
    for (let i = 0; i < 5; i++) commit(entry(here, shared))
    assert.equal(seals.length, 1)
    seals[0]?.reject(new Error('disk'))
    await new Promise(setImmediate)
    assert.equal(seals.length, 2)
    seals[1]?.resolve()
    await new Promise(setImmediate)
    assert.equal(seals.length, 2)
    stop()
    commit(entry(here, shared))
    assert.equal(seals.length, 2)
  })
})
