import assert from 'node:assert/strict'
import { keys, readRegister } from '../../../../spec/governance/registers.ts'
import type { ChannelId } from '../../../../spec/ids.ts'
import { limits } from '../../../../spec/limits.ts'

describe('the register of how long a channel is kept', () => {
  const key = keys.channel('019f0000-0000-7000-8000-000000000001' as ChannelId, 'retention')

  // GOV-24, FEED-8
  it('holds days or nothing, and takes manageServer', () => {
    for (const value of [1, 30, limits.retentionDaysMax, null]) {
      assert.equal(readRegister(key, value)?.needs, 'manageServer', String(value))
    }
    for (const value of [0, -1, limits.retentionDaysMax + 1, true, '30', [30]]) {
      assert.equal(readRegister(key, value), undefined, String(value))
    }
  })
})
