import { crashRounds } from './crash-rounds.ts'

describe('kill -9 under load', () => {
  it('loses, doubles and reorders nothing that was acknowledged, three times over', () => crashRounds([50, 500, 1_500]))
})
