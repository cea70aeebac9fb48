import { crashRounds } from './crash-rounds.ts'

describe('kill -9 under load, for long', () => {
  it('loses, doubles and reorders nothing that was acknowledged, 50 times over', () =>
    crashRounds(Array.from({ length: 50 }, (_, round) => 100 + round * 60)))
})
