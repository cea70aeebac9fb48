import assert from 'node:assert/strict'
import {
  allPermissions,
  bitOf,
  channelPermissionBits,
  channelPermissions,
  permissions,
  toBits,
  toNames,
} from '../../../spec/permissions.ts'

describe('permissions', () => {
  it('GOV-25: each has a bit of its own, and names come back in order', () => {
    assert.equal(
      permissions.reduce((bits, name) => bits + bitOf(name), 0),
      allPermissions,
    )
    assert.equal(toBits(permissions), allPermissions)
    assert.deepEqual(toNames(allPermissions), permissions)
    assert.deepEqual(toNames(toBits(['ban', 'read', 'ban'])), ['read', 'ban'])
  })

  it('GOV-25: names that are not known, and those of every object, are passed over', () => {
    assert.equal(toBits(['fly', 'constructor', '__proto__', 'send']), bitOf('send'))
  })

  it('GOV-26: a channel overrides four of them', () => {
    assert.deepEqual(toNames(channelPermissionBits), ['read', 'send', 'manageMessages', 'mentionEveryone'])
    assert.equal(channelPermissions.length, 4)
  })
})
