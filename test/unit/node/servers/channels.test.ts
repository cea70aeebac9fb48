import assert from 'node:assert/strict'
import { limits } from '../../../../spec/limits.ts'
import { as, named, openHome, openRoom, operator, user } from './fixture.ts'

describe('servers', () => {
  it('have a handle that is theirs, a name that may change, and the node as a founder', async () => {
    await using home = await openHome()
    const { servers, server } = home
    assert.match(server.id, /^[a-z2-7]{52}$/)
    assert.deepEqual(servers.serverByHandle('home'), servers.server(server.id))
    await assert.rejects(servers.createServer(as('bob'), { handle: 'home', name: 'Two' }), named('EXISTS'))
    await assert.rejects(servers.createServer(as('bob'), { handle: 'No', name: 'x' }), named('BAD_REQUEST', /handle/))
    await assert.rejects(servers.createServer(as('bob'), { handle: 'x', name: ' ' }), named('BAD_REQUEST', /80/))
    await servers.createServer(as('bob'), { handle: 'bobs', name: 'Bob’s' })
    assert.deepEqual(
      servers.serversOf(user('bob')).map(({ handle }) => handle),
      ['bobs'],
    )
    await assert.rejects(servers.renameServer(as('owner'), servers.serverByHandle('bobs')!.id, 'x'), named('NOT_FOUND'))
    await servers.renameServer(operator, server.id, 'A house')
    assert.equal(servers.server(server.id)?.name, 'A house')
    assert.deepEqual(home.changes.at(-1), 'settings')
  })

  it('two asked for at once with one handle: one is made', async () => {
    await using room = await openRoom()
    const results = await Promise.allSettled([
      room.servers.createServer(as('a'), { handle: 'home', name: 'A' }),
      room.servers.createServer(as('b'), { handle: 'home', name: 'B' }),
    ])
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    assert.equal(room.servers.servers().length, 1)
  })
})

describe('channels', () => {
  it('are made, named and sorted by those who may', async () => {
    await using home = await openHome({ bob: undefined, ada: 'admin' })
    const { servers, server } = home
    await assert.rejects(
      servers.createChannel(as('bob'), server.id, { handle: 'mine' }),
      named('NOT_ALLOWED', /manageChannel/),
    )
    const made = await servers.createChannel(as('ada'), server.id, {
      handle: 'news',
      topic: 'What is new',
      category: 'Hall',
    })
    assert.deepEqual([made.name, made.topic, made.category, made.private], ['news', 'What is new', 'Hall', false])
    await assert.rejects(servers.createChannel(as('ada'), server.id, { handle: 'news' }), named('EXISTS'))
    await servers.renameChannel(as('ada'), made.id, 'News')
    await servers.setTopic(as('ada'), made.id, '')
    await servers.setCategory(as('ada'), made.id, 'Yard')
    const position = home.log.position
    await servers.setCategory(as('ada'), made.id, 'Yard')
    assert.equal(home.log.position, position)
    const now = servers.channel(made.id)
    assert.deepEqual([now?.name, now?.topic, now?.category], ['News', '', 'Yard'])
    await assert.rejects(
      servers.setTopic(as('ada'), made.id, 'x'.repeat(limits.topicCharsMax + 1)),
      named('BAD_REQUEST'),
    )
    await assert.rejects(servers.setTopic(as('eve'), made.id, 'x'), named('NOT_FOUND'))
    assert.equal(servers.channelByHandles('home', 'news')?.id, made.id)
    assert.equal(servers.channelByHandles('home', 'old'), undefined)
    assert.equal(servers.channelByHandles('away', 'news'), undefined)
  })

  it('the governance channel is no chat channel', async () => {
    await using home = await openHome()
    assert.equal(home.servers.channel(home.server.governance), undefined)
    assert.equal(home.servers.authorise(user('owner'), home.server.governance, 'read', 0).ok, false)
  })

  it('archived: read only, until it is opened again', async () => {
    await using home = await openHome({ bob: undefined })
    const { servers, general } = home
    await servers.archiveChannel(as('owner'), general.id, true)
    const refused = servers.authorise(user('bob'), general.id, 'send', 0)
    assert.equal(refused.ok ? '' : refused.code, 'ARCHIVED')
    assert.equal(servers.may(user('bob'), general.id, 'read'), true)
    assert.equal(servers.may(user('bob'), general.id, 'send'), false)
    await servers.archiveChannel(as('owner'), general.id, false)
    assert.equal(servers.authorise(user('bob'), general.id, 'send', 0).ok, true)
  })

  it('GOV-18: private: for those on its list and for those who run the server', async () => {
    await using home = await openHome({ bob: undefined, carl: undefined, mona: 'moderator', ada: 'admin' })
    const { servers, server } = home
    const back = await servers.createChannel(as('owner'), server.id, { handle: 'back', private: true })
    const readers = (): string[] =>
      ['owner', 'ada', 'mona', 'bob', 'carl'].filter((name) => servers.may(user(name), back.id, 'read'))
    assert.deepEqual(readers(), ['owner', 'ada'])
    const refused = servers.authorise(user('bob'), back.id, 'send', 0)
    assert.equal(refused.ok ? '' : refused.code, 'NOT_FOUND')
    await servers.setChannelEntry(as('owner'), back.id, { member: 'bob' }, true)
    await servers.setChannelEntry(as('owner'), back.id, { role: 'moderator' }, true)
    assert.deepEqual(readers(), ['owner', 'ada', 'mona', 'bob'])
    assert.deepEqual(
      servers.channelsOf(user('carl')).map(({ handle }) => handle),
      ['general'],
    )
    await servers.setChannelEntry(as('owner'), back.id, { member: 'bob@home.example' }, false)
    assert.deepEqual(readers(), ['owner', 'ada', 'mona'])
    await servers.setChannelPrivate(as('owner'), back.id, false)
    assert.deepEqual(readers(), ['owner', 'ada', 'mona', 'bob', 'carl'])
  })

  it('GOV-19, GOV-26: overrides allow and deny for a role; roles win over everybody, allowing over denying', async () => {
    await using home = await openHome({ bob: undefined, mona: 'moderator' })
    const { servers, general } = home
    await servers.setChannelOverride(as('owner'), general.id, 'member', { allow: [], deny: ['send'] })
    assert.equal(servers.may(user('bob'), general.id, 'send'), false)
    assert.equal(servers.may(user('mona'), general.id, 'send'), false)
    await servers.setChannelOverride(as('owner'), general.id, 'moderator', { allow: ['send'], deny: [] })
    assert.equal(servers.may(user('bob'), general.id, 'send'), false)
    assert.equal(servers.may(user('mona'), general.id, 'send'), true)
    const refused = servers.authorise(user('bob'), general.id, 'send', 0)
    assert.ok(!refused.ok && refused.code === 'NOT_ALLOWED' && refused.reason.includes('send'))
    await assert.rejects(
      servers.setChannelOverride(as('owner'), general.id, 'member', { allow: ['kick'], deny: [] }),
      named('BAD_REQUEST', /whole server/),
    )
    await servers.setChannelOverride(as('owner'), general.id, 'member', { allow: [], deny: ['read'] })
    assert.deepEqual(servers.channelsOf(user('bob')), [])
  })

  it('a server has at most 500 channels', async () => {
    await using home = await openHome()
    const { servers, server } = home
    const handles = Array.from({ length: limits.channelsPerServerMax - 1 }, (_, i) => `c${i}`)
    await Promise.all(handles.map((handle) => servers.createChannel(as('owner'), server.id, { handle })))
    await assert.rejects(servers.createChannel(as('owner'), server.id, { handle: 'more' }), named('QUOTA', /500/))
    assert.equal(servers.channelsOf(user('owner')).length, limits.channelsPerServerMax)
  })
})
