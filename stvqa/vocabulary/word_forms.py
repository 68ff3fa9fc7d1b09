"""The exceptions of English number: tables only, read by `stvqa.vocabulary.inflection`.

    IRREGULAR_SINGULAR["people"]   # "person"
    "canvas" in SINGULAR_IN_S      # True: not a plural, for all its s

The rules in `inflection` take everything else.
"""

from __future__ import annotations

__all__ = [
    "ALWAYS_PLURAL",
    "DRINKS",
    "INVARIANT",
    "IRREGULAR_PLURAL",
    "IRREGULAR_SINGULAR",
    "KEEPS_E",
    "KEEPS_IE",
    "MAN_IS_NO_MAN",
    "MASS",
    "PLURAL_ONLY",
    "SINGULAR_IN_S",
    "TAKES_OES",
    "word_set",
]


def word_set(text: str) -> frozenset[str]:
    """Returns the set of the words that stand in `text`, split at white space."""
    return frozenset(text.split())


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in text.split())


IRREGULAR_SINGULAR = _pairs(
    """men:man women:woman children:child people:person feet:foot teeth:tooth geese:goose mice:mouse oxen:ox
    dice:die lice:louse cacti:cactus knives:knife wives:wife lives:life leaves:leaf shelves:shelf wolves:wolf
    halves:half calves:calf loaves:loaf scarves:scarf hooves:hoof elves:elf thieves:thief selves:self
    dwarves:dwarf sheaves:sheaf fungi:fungus octopuses:octopus octopi:octopus
    hippopotamuses:hippopotamus hippopotami:hippopotamus stadia:stadium
    aquaria:aquarium buses:bus busses:bus quizzes:quiz gases:gas lenses:lens irises:iris trellises:trellis
    canvases:canvas atlases:atlas christmases:christmas kerchiefs:kerchief
    kerchieves:kerchief handkerchiefs:handkerchief handkerchieves:handkerchief
    bookshelves:bookshelf axes:axe pickaxes:pickaxe passersby:passerby taxis:taxi skis:ski bikinis:bikini
    kiwis:kiwi zucchinis:zucchini safaris:safari martinis:martini paninis:panini saris:sari chilis:chili
    jacuzzis:jacuzzi emojis:emoji raviolis:ravioli tuxes:tux ties:tie pies:pie bowties:bowtie neckties:necktie
    magpies:magpie potpies:potpie lies:lie dies:die"""
)
"""Plural to singular where no rule gives it. Of two plurals of one word the first is made."""

IRREGULAR_PLURAL = {one: many for many, one in reversed(IRREGULAR_SINGULAR.items())}
"""Singular to plural: the table above turned round."""

PLURAL_ONLY = word_set(
    """scissors glasses eyeglasses sunglasses goggles binoculars pants trousers jeans shorts tights leggings slacks
    khakis sweatpants underpants overalls coveralls pajamas pyjamas briefs boxers panties capris pliers tongs
    shears tweezers headphones earphones earbuds suspenders clothes blinds groceries goods belongings remains
    surroundings bangs dungarees knickers forceps handcuffs spectacles jodhpurs woods outdoors leftovers
    cosmetics checkers"""
)
"""Words that people use in the plural only, at least in the sense that images show."""

ALWAYS_PLURAL = PLURAL_ONLY | {"cattle", "police"}
"""Words that need a plural verb whatever rule applies to their form."""

DRINKS = word_set(
    """wine water drinking shot beer champagne juice martini cocktail milk pint margarita whiskey tea iced soda empty
    tall clear plastic small large hour magnifying looking"""
)
"""Words after which "glasses" are several glasses and no eyewear."""

INVARIANT = word_set(
    """sheep fish deer moose aircraft watercraft spacecraft hovercraft series species bison shrimp salmon trout swine
    offspring elk cattle police tuna squid cod reindeer goldfish jellyfish starfish catfish swordfish headquarters
    graffiti broccoli spaghetti tuk"""
)
"""Words with one form for both numbers."""

MASS = word_set(
    """furniture silverware cutlery flatware glassware dishware dinnerware tableware crockery cookware equipment gear
    machinery hardware clothing apparel attire footwear headwear headgear swimwear underwear lingerie jewelry jewellery
    luggage baggage trash garbage rubbish litter waste junk debris toothpaste chalk graffiti vegetation foliage
    greenery shrubbery wildlife scaffolding signage lighting lettering writing bedding cabinetry seating shelving
    pottery lumber firewood mail laundry produce seafood asphalt plywood cardboard traffic"""
)
"""Words for what is not counted: "some furniture", never "a furniture" or "furnitures"."""

SINGULAR_IN_S = word_set(
    """bus minibus trolleybus airbus autobus gas lens canvas atlas christmas texas iris tennis debris trellis chassis
    pelvis penis cactus octopus walrus hippopotamus platypus citrus campus circus surplus hibiscus crocus eucalyptus
    hummus asparagus virus abacus apparatus status focus bonus radius genius fungus stylus jesus papyrus lotus census
    cumulus discus rhombus torus kansas vegas paris basis analysis axis oasis emphasis thesis crisis ibis cannabis
    bias alias pampas chaos cosmos asbestos rhinoceros mars news physics athletics gymnastics politics plus minus us
    this is as was his its has perhaps across tetris portcullis cypress cutlass adidas mercedes molasses swiss
    thermos claus gps"""
)
"""Words that end in one s and are singular, or count nothing. Words in -ss are singular by rule."""

KEEPS_E = word_set(
    """ache headache toothache cache quiche avalanche mustache moustache niche porsche psyche brioche axe shoe toe
    canoe hoe horseshoe oboe snowshoe foe doe floe tiptoe mistletoe aloe backhoe fuse muse ruse use excuse"""
)
"""Singulars in -che, -xe, -oe: their plural only adds an s."""

KEEPS_IE = word_set(
    """cookie movie brownie hoodie smoothie veggie zombie genie birdie collie selfie calorie hippie cutie goalie
    rookie newbie prairie pixie beanie bootie onesie goodie laddie auntie boogie budgie foodie groupie roadie sortie
    walkie talkie trekkie rotisserie patisserie lingerie barbie weenie plushie floatie caddie scrunchie
    sharpie wheelie"""
)
"""Singulars in -ie: "cookies" is no plural of "cooky"."""

TAKES_OES = word_set("potato tomato hero mango mosquito tornado volcano buffalo echo torpedo domino flamingo")
"""Singulars in -o whose plural is in -oes."""

MAN_IS_NO_MAN = word_set("human german roman ottoman talisman shaman caiman norman can pan")
"""Words in -man that are not formed like "fireman"."""
