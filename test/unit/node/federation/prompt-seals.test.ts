import assert from 'node:assert/strict'
import { sealPromptly } from '../../../../node/federation/prompt-seals.ts'
import type { ChannelId, NodeId } from '../../../../spec/ids.ts'

const there = 'there' as NodeId
const shared = 'shared' as ChannelId
const own = 'own' as ChannelId

describe('prompt seals', () => {
  it('are for channels that other nodes serve, as long as they do', () => {
    let isAwaited: ((channel: ChannelId) => boolean) | undefined
    let change = (): void => {}
    let peers: readonly NodeId[] = [there]
    const stop = sealPromptly({
      log: {
        sealPromptly: (asked) => {
          isAwaited = asked
          return () => (isAwaited = undefined)
        },
      },
      directory: {
        peersOf: (channel) => (channel === shared ? peers : []),
        onChanged: (listener) => {
          change = listener
          return () => (change = () => {})
        },
      },
    })
    assert.equal(isAwaited?.(own), false)
    assert.equal(isAwaited?.(shared), true)
    peers = []
    change()
    assert.equal(isAwaited?.(shared), false)
    stop()
    assert.equal(isAwaited, undefined)
  })
})
