import Reporting
import Testing
import Time

@Suite struct PageLinkTests {
    private let link = PageLink(secret: "a secret of more than 32 characters")
    private let now = Timestamp(secondsSince1970: 1_795_000_000)
    private let month = Period(.month, containing: Timestamp(secondsSince1970: 1_793_000_000))

    private func opened(_ target: String, after time: Duration = .zero, by link: PageLink? = nil) -> Period? {
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        return (link ?? self.link).period(path: parts[0], query: parts.count > 1 ? parts[1] : "", at: now + time)
    }

    @Test(arguments: Period.Kind.allCases)
    func aLinkOpensItsPageForThirtyFiveDays(_ kind: Period.Kind) {
        let period = Period(kind, containing: now)
        let target = link.target(of: period, at: now)
        #expect(opened(target) == period)
        #expect(opened(target, after: .days(35) - .seconds(1)) == period)
        #expect(opened(target, after: .days(35)) == nil)
    }

    @Test func aLinkWithAnotherSecretOpensNothing() {
        let target = PageLink(secret: "another secret").target(of: month, at: now)
        #expect(opened(target) == nil)
    }

    @Test func everyCharacterOfALinkCounts() {
        let target = link.target(of: month, at: now)
        for index in target.indices {
            var altered = target
            let character: Character = target[index] == "1" ? "2" : "1"
            altered.replaceSubrange(index...index, with: String(character))
            #expect(opened(altered) == nil, "\(altered)")
            altered = target
            altered.remove(at: index)
            #expect(opened(altered) == nil, "\(altered)")
        }
    }

    @Test func moreThanALinkOpensNothing() {
        let target = link.target(of: month, at: now)
        for addition in ["&x=1", "&", "0", "&expires=9999999999", "%00"] { #expect(opened(target + addition) == nil) }
        #expect(opened("/../queries" + target) == nil)
        #expect(opened("/") == nil)
    }
}
