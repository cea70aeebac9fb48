/** How long governance takes: `node test/bench/governance.ts`. Medians of 15 rounds; the first rounds warm up. */
import { writeAct, readGovernanceEvent, type GovernanceSource } from '../../spec/governance/acts.ts'
import { createGovernance } from '../../spec/governance/governance.ts'
import { splitAuthor } from '../../spec/governance/names.ts'
import { openHome, user } from '../unit/node/servers/fixture.ts'
import { History, person } from '../unit/spec/governance/history.ts'

const eventsCount = 20_000
const questionsCount = 1_000_000

const owner = person('owner')
const history = new History(owner)
for (let i = 0; i < eventsCount; i++) {
  if (i % 2 === 0) history.grant(owner, history.origin, person(`u${i}`), 100)
  else history.set(owner, history.origin, `timeout/${person(`u${i % 500}`).author}`, i)
}
const sources = history.events.map(({ act, author, ...event }): GovernanceSource => {
  return { ...event, member: splitAuthor(author).member, type: act.type, body: writeAct(act) }
})

const median = (round: () => number): number => {
  const times = Array.from({ length: 15 }, round).slice(5)
  return times.sort((a, b) => a - b)[5] ?? 0
}
const timed = (work: () => void): number => {
  const start = performance.now()
  work()
  return performance.now() - start
}
const print = (what: string, value: number, unit: string): void =>
  console.log(`${what.padEnd(44)} ${value.toFixed(2).padStart(9)} ${unit}`)

const decode = median(() => timed(() => sources.forEach(readGovernanceEvent)))
print(`decode ${eventsCount} events`, decode, 'ms')

const resolve = median(() => {
  const governance = createGovernance(history.origin)
  return timed(() => governance.apply(history.events))
})
print(`resolve ${eventsCount} events from nothing`, resolve, 'ms')

const governance = history.state()
const one = median(() => {
  const event = history.set(owner, history.origin, 'server/name', 'x')
  return timed(() => governance.apply([event]))
})
print(`one more ordinary event after ${eventsCount}`, one * 1000, 'µs')

const names = Array.from({ length: 200 }, (_, i) => `u${i}`)
await using home = await openHome(Object.fromEntries(names.map((name) => [name, undefined])))
const users = names.map(user)
const ask = median(() =>
  timed(() => {
    for (let i = 0; i < questionsCount; i++) {
      home.servers.authorise(users[i % users.length] ?? user('u0'), home.general.id, 'send', 0)
    }
  }),
)
print('authorise one message', (ask / questionsCount) * 1e6, 'ns')
