"""Indonesian names by tradition: pools of words, and how they are put together.

Within a pool the first words are the commonest. The words are everyday given names and clan names;
together they
make some hundred thousand different full names, of which no two persons need be the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulate.draws import Bools, Floats, Ints, pick, stream


@dataclass(frozen=True)
class Tradition:
    """Word pools and shares: a prefix before, a second word after, a clan at the end."""

    male: tuple[str, ...]
    female: tuple[str, ...]
    male_second: tuple[str, ...]
    female_second: tuple[str, ...]
    mononym: float = 0.1
    third: float = 0.1
    male_prefix: tuple[str, ...] = ()
    female_prefix: tuple[str, ...] = ()
    prefixed: float = 0.0
    clan: tuple[str, ...] = ()
    clanned: float = 0.0


def _words(*texts: str) -> tuple[str, ...]:
    return tuple(" ".join(texts).upper().split())


_ISLAM_M = _words(
    "Muhammad Ahmad Abdul Hasan Ali Ibrahim Yusuf Ismail Umar Usman Hamzah Zainal Saiful",
    "Syamsul Khairul Nasrul",
    "Arif Ridwan Rahmat Hidayat Fauzi Fadli Rizki Ilham Akbar Iqbal Faisal Hafiz Anwar Taufik",
    "Mahmud Mustafa Sulaiman",
    "Idris Jamaluddin Nurdin Burhan Syahrul Fikri Irfan Amir Basri Rusli Zulkifli Azhar Habib",
    "Imran Luthfi Maulana",
)
_ISLAM_F = _words(
    "Siti Nur Fatimah Aisyah Khadijah Nurul Zainab Aminah Halimah Maryam Hasanah Laila Salma",
    "Nurhayati Rahmah Zahra",
    "Khairunnisa Fitri Wardah Azizah Latifah Sakinah Nabila Annisa Mardiah Ummi Rohani Salbiah",
    "Zubaidah Hafsah Asiah",
    "Suhartini Masitah Raudah Mutia Sarah Safitri Rahmawati Naila Zulaikha Juairiah Maimunah",
    "Hamidah Robiah",
)
_ISLAM_M2 = _words(
    "Rahman Hidayat Fauzi Hakim Ramadhan Akbar Maulana Saputra Anwar Nasution Arifin Yusuf",
    "Ibrahim Hasan Rizki Fadli",
    "Ali Syah Karim Aziz Malik Rasyid Firdaus Iskandar Halim Syarif Kurniawan Efendi Rosyid",
    "Ghani Latif Wahid Salam",
    "Majid Hamid Qadir Ghofur Mubarok Munir Siddiq Amin Basyir Jalil Razak Fatah",
)
_ISLAM_F2 = _words(
    "Aisyah Hasanah Rahmawati Fitriani Azizah Khotimah Aminah Latifah Zahra Hidayah Rohmah",
    "Maulida Sari Wati Lestari",
    "Fadilah Jannah Mufidah Salamah Nurjanah Kholifah Munawaroh Maghfiroh Ulfa Yanti Safitri",
    "Nisa Rahayu Mardiyah",
    "Wahyuni Astuti Susanti Handayani Kurnia Istiqomah Umairoh Faridah Muslimah Badriyah",
    "Masruroh Rosidah",
)
_JAVA_M = _words(
    "Agus Slamet Bambang Joko Eko Dwi Tri Budi Heru Wahyu Sugeng Teguh Imam Agung Hari Edi Dedi",
    "Sutrisno Suparman Sugiyanto Supardi Sunardi Suyono Sukiman Sunarto Sutarno Sumarno Sugito",
    "Suroso Suharto Suyatno Supomo Sukirno Sumardi Suwardi Suwandi Surono Suliyono Sukardi Sugeng",
    "Sumanto Suranto Sujono Sudarto Sutikno Suprapto Susilo Subandi Sukarno Sumitro Sarwono",
    "Wagimin Waluyo Wasito Wagiman Wardoyo Warsito Warsono Wiyono Winarno Witono Harjono Hartono",
    "Haryono Haryanto Hariyadi Ngadiman Ngadimin Ngatimin Ngatiman Ngadiyo Purnomo Purwanto",
    "Purwadi Purwoko Mulyono Mulyadi Mujiono Mujiman Muslimin Surip Suryadi Suryono Tukiman",
    "Tugiman Tumiran Paimin Paidi Poniman Ponidi Legiman Legimin Kasiman Kasmin Kusnan Karyono",
    "Kartono Kadiman Jumadi Juwadi Jumari Sarimin Samidi Sariman Rudi Andi Yudi Sigit Bayu Tono",
    "Catur Gatot Widodo Hendro Aris Galih Rohmat Arif Ahmad Nur Yanto Wawan Anton Danang Dimas",
)
_JAVA_F = _words(
    "Siti Sri Dewi Endang Dwi Eka Ani Rini Wulan Ratna Lestari Ika Yuni Wiwik Umi Nur Indah Retno",
    "Suminah Sutini Sumiyati Sulastri Sukinem Suharti Suparmi Sunarti Sugiyem Suwarni Sulasmi",
    "Sumini Sukatmi Sumarni Supriyati Suryati Suyati Sutinah Sutarmi Sukarti Suparti Sumirah",
    "Susilowati Saminah Sarinah Sarmi Sariyem Samiyem Hartini Hartati Haryati Haryani Martini",
    "Maryati Marsinah Marsini Murtini Murni Mulyati Mujiati Muryani Kartini Kasminah Kasmi Karsini",
    "Kusmiati Katmini Warsini Wagini Waginem Wagiyem Warsiti Wartini Winarti Winarsih Ngatini",
    "Ngatiyem Ngatinah Painem Paini Paiyem Ponirah Poniyem Poniyati Legiyem Legini Tukinah Tukinem",
    "Tumini Tuminah Jumiati Jumirah Juminah Rumini Rukmini Rusmini Titik Ning Puji Dian Fitri Novi",
    "Tutik Yayuk Sulis Ayu Anik Lilik Nanik Kristin Tri Wahyu Diah Evi Lina Yanti Erna Nining",
)
_JAVA_M2 = _words(
    "Santoso Susanto Prasetyo Wibowo Setiawan Nugroho Kurniawan Utomo Purnomo Widodo Hartono",
    "Saputra Suprapto Raharjo",
    "Wijaya Kuncoro Handoko Sutrisno Mulyono Subekti Wicaksono Pamungkas Hermawan Cahyono",
    "Riyanto Suryanto Haryanto",
    "Budiman Prabowo Saputro Wahyudi Sulistyo Hidayat Mahendra Pratama Yulianto Basuki Gunawan",
)
_JAVA_F2 = _words(
    "Lestari Rahayu Wulandari Handayani Astuti Wahyuni Susanti Ningsih Kusumawati Utami",
    "Purwanti Sari Yuliana Setyowati",
    "Anggraini Puspitasari Hidayati Mulyani Widyastuti Ningrum Pratiwi Kurniasih Hartati",
    "Suryani Fatmawati Lasmini",
    "Rukmini Sulastri Winarsih Sundari Indrawati Maryati Yulianti Susilowati Dewi Rohmah",
)
_SUNDA_M = _words(
    "Asep Dadang Ujang Cecep Deden Dede Encep Iwan Yayan Agus Nana Aang Endang Maman Oman Usep",
    "Ade Tatang Wawan Dudung",
    "Rahmat Yana Entis Jajang Ahmad Cahya Aep Udin Carman Warsono Casmadi Tarsono Wastam Karman",
    "Daryono Kusnadi Eman",
)
_SUNDA_F = _words(
    "Neng Iis Euis Lilis Nining Nani Titi Imas Wiwin Ai Ani Cucu Eneng Yeni Yanti Siti Tati",
    "Enung Elis Rina Dewi Popon",
    "Cicih Kokom Ratna Nunung Sisih Wati Caswati Tarini Daryati Casinih Rokayah Turinih",
    "Warsinih Karsinah Dede Lina",
)
_SUNDA_M2 = _words(
    "Suherman Hidayat Supriatna Mulyana Permana Sutisna Kosasih Suryana Rohman Kurniawan",
    "Hermawan Setiawan Saepudin",
    "Gunawan Sopandi Kusnadi Ruhiyat Wijaya Saputra Ramdani Nugraha Iskandar Maulana Firmansyah",
    "Junaedi Sobandi Rustandi",
    "Sukmana Jaelani Sumarna Darmawan Koswara",
)
_SUNDA_F2 = _words(
    "Nurhayati Rohayati Maryati Yuningsih Sumiati Kurniasih Suhaeti Komariah Rosmiati Nuraeni",
    "Hasanah Sari Susilawati",
    "Mulyani Hayati Solihat Rohaeni Karwati Fatimah Juariah Wulandari Lestari Rahmawati Suryati",
    "Kartini Aminah Marlina",
    "Purwanti Cahyati Apriani Hidayah",
)
_BATAK_CLANS = _words(
    "Simanjuntak Siregar Nainggolan Sihombing Sitorus Hutagalung Manurung Harahap Lubis",
    "Nasution Ginting Tarigan",
    "Sembiring Purba Saragih Damanik Sinaga Situmorang Panjaitan Pasaribu Simbolon Hutapea",
    "Silalahi Rangkuti Batubara",
    "Tampubolon Hasibuan Pohan Daulay Marpaung Gultom Pardede Siahaan Sirait Barus Karo-Karo",
    "Sitepu Lumbantobing",
)
_BATAK_M = _words(
    "Tigor Togar Parlindungan Jhon Roy Hotman Binsar Mangasi Sahat Haposan Bonar Poltak",
    "Jonathan Rudi Daniel Ramli",
    "Ahmad Ricardo Erwin Doni Parulian Saut Maruli Robert Hendra Benny Andreas Yosua Alfredo",
    "Muhammad Tumpal Jefri",
)
_BATAK_F = _words(
    "Lamria Rotua Tiurma Yunita Roslinda Ruth Maria Duma Sondang Risma Lasma Hotmaida Christina",
    "Debora Dewi Nurlela",
    "Siti Elisabet Marlina Juliana Romauli Tiarma Desi Erna Melva Rosmawati Ida Sarma Mariani Rina",
)
_BALI_ORDER = _words("Wayan Made Ketut Nyoman Putu Gede Kadek Komang")
_BALI_M = _words(
    "Suardana Sudiarta Widiana Artawan Suartana Sukadana Wirawan Mahendra Adnyana Suparta Darma",
    "Yasa Merta Budiarta",
    "Arnawa Sutama Juniarta Suastika Parwata Ardana Sugiarta Widnyana Karya Sudana Wijana Putra",
    "Arimbawa",
)
_BALI_F = _words(
    "Suryani Sulastri Ariani Wati Suarni Astuti Budiani Sari Widiasih Sukerti Mariani Yuliani",
    "Artini Suciati Dewi",
    "Kusuma Darmini Rasmini Suwiti Puspa Sumiati Parwati Murniati Rai Cahyani Ekayanti",
)
_SASAK_M = _words(
    "Muhsan Sahnan Mahnun Sahirudin Murdan Nasrun Safarudin Hamdan Mustiadi Mahsun Sukardi",
    "Rusdi Mahrip Sapardi Jumasih",
    "Zulkarnaen Amaq Saharudin Kamarudin Husni Marzuki Munawar Suparlan Muhlis Sabri Darmawan",
    "Nurahman Samsul Hasbi",
)
_SASAK_F = _words(
    "Saknah Mahnim Sahnim Nurhasanah Rohani Inaq Jumaenah Muliani Hadijah Mariam Sumarni",
    "Nurlaila Sakmah Rabiah Hikmah",
    "Samiah Murni Fatmah Sarinah Raehan Suhaeni Zohrah Mahni Nuraini Haerani Sapiah",
)
_BUGIS_M = _words(
    "Baso Ambo Andi Tahir Ramli Basri Rusdi Sudirman Amiruddin Kamaruddin Arifuddin Syamsuddin",
    "Jufri Hasanuddin Nasir",
    "Mappa Sappe Beddu Lahamuddin Mustamin Aco Hamka Saparuddin Ruslan Alimuddin Muhtar Firman",
    "Sabaruddin Hamzah Iwan",
)
_BUGIS_F = _words(
    "Besse Andi Hasnah Rosmini Nurhaeda Sitti Hasmawati Jumriani Rahmatia Hj Kartini Suriani",
    "Murniati Fatmawati Nurlia",
    "Irmawati Daeng Sunarti Mariani Hartati Rabiah Hasriani Nuraeni Marwah Darmawati Salmiah",
)
_BUGIS_2 = _words(
    "Tahir Basri Rahman Tola Mappa Toeo Hamid Saleng Nur Latif Ramli Kanang Bau Patta Jafar",
    "Sultan Mansyur Wahab Yunus",
    "Sanusi Idrus Malik Amir Rauf Salam Dg.Ngalle Tompo Hakim Azis Rasyid",
)
_MINANG_M = _words(
    "Afrizal Masrizal Yusrizal Zulfikar Syafrizal Dasril Amril Hendri Rinaldi Yulizar Nofriadi",
    "Efrizal Asril Zamzami",
    "Jasman Firdaus Arman Deswandi Rudi Febri Ikhsan Taufik Syahrial Mardi Irwan Novrizal",
)
_MINANG_F = _words(
    "Nofriyanti Yulinar Fitri Desmawati Gusnita Yusnimar Erni Rahmi Murniati Nurhayati Zulfa",
    "Wirda Refni Elmi Mega",
    "Silvia Yessi Ratna Lidya Dewi Widya Resti Asmawati Nelmi Roza Fauziah",
)
_MINANG_SUKU = _words(
    "Piliang Caniago Tanjung Koto Jambak Sikumbang Guci Chaniago Malayu Mandailiang Sikumbang",
    "Panyalai",
)
_ACEH_M = _words(
    "Teuku Muhammad Said Fathur Zulfikar Nazaruddin Mukhlis Ridwan Syaifoel Husaini Munawir",
    "Tarmizi Bukhari Maimun Iskandar Razali Marzuki Fadhil Murtala Zulfahmi Saiful Jamal Anwar",
    "Yusri",
)
_ACEH_F = _words(
    "Cut Nurul Rahmi Nurhayati Safrina Mutia Cut Rosnidar Zahara Fitriani Hayatun Nurlaila",
    "Rauzah Ainul Maulina Husna Yusra Erlina Ramlah Mariana Nurbaiti Khairiah Salbiah Mawar",
)
_EAST_M = _words(
    "Yohanes Antonius Petrus Fransiskus Domingos Martinus Yosef Agustinus Paulus Stefanus",
    "Dominikus Marselinus Kristian",
    "Yakobus Benediktus Gabriel Aloysius Emanuel José Ignasius Melkianus Simon Robertus Thomas",
    "Anselmus João Viktor",
)
_EAST_F = _words(
    "Maria Yuliana Kristina Marselina Rosalina Elisabeth Agustina Margareta Theresia Fransiska",
    "Yosefina Veronika Marta",
    "Katarina Dorothea Bernadeta Adelina Florida Imelda Selviana Ermelinda Novita Kornelia",
    "Benedikta Inês Anastasia",
)
_EAST_FAMILIES = _words(
    "Seran Bria Fernandez Pereira Lopes Nahak Klau Bere Mau Tefa Nabu Kolo Neno Tnunay Fallo",
    "Da.Silva Da.Costa Soares",
    "Ximenes Lado Riwu Djami Ndun Benu Tampani Manek Bau Leki Ndolu Nenobais Sogen Kleden Hayon",
    "Matulessy Pattiasina",
    "Latuconsina Salampessy Wenda Kogoya Yikwa Mandagi Rumondor Lumintang Wowor Runtuwene",
    "Tumbelaka Dos.Santos Ola Tukan",
)
_TIONGHOA = _words(
    "Tan Liem Ong Oei Tjan Lie Kwee Gouw Tjia Sim Ng Chandra The Bong Chin Phang Djong Kho Lim Wong"
)
_TIONGHOA_M = _words(
    "Hendra Rudy Kok.Liong Swie.King Budi Hartono Andi Jimmy William Kevin Alvin Steven Djoni",
    "Robby Felix Jong.Fa Acong Kim.Hok Edy Vincent Ricky Darwin Suryadi",
)
_TIONGHOA_F = _words(
    "Vivian Lina Mei.Ling Siu.Lan Linda Fenny Jessica Cindy Meliana Yenny Susan Kim.Lian Metta",
    "Angelina Felicia Lily Amoi Djulia Stella Merry Veronica Hui.Min",
)
_TIONGHOA_2 = _words(
    "Halim Tanoto Hartono Wijaya Gunawan Salim Kurniawan Setiawan Lesmana Susanto Tanuwijaya",
    "Chandra Budiman Widjaja Santoso Hidayat Sutanto Liong Sanjaya Lukito",
)

TRADITIONS: tuple[Tradition, ...] = (
    Tradition(_JAVA_M, _JAVA_F, _JAVA_M2, _JAVA_F2, mononym=0.26, third=0.08),
    Tradition(_SUNDA_M, _SUNDA_F, _SUNDA_M2, _SUNDA_F2, mononym=0.10, third=0.10),
    Tradition(_ISLAM_M, _ISLAM_F, _ISLAM_M2, _ISLAM_F2, mononym=0.08, third=0.28),
    Tradition(
        *(_BATAK_M, _BATAK_F, _BATAK_M, _BATAK_F, 0.75, 0.0),
        clan=_BATAK_CLANS,
        clanned=0.88,
    ),
    Tradition(
        *(_BALI_M, _BALI_F, _BALI_M, _BALI_F, 0.70, 0.02),
        male_prefix=tuple("I " + word for word in _BALI_ORDER),
        female_prefix=tuple("NI " + word for word in _BALI_ORDER),
        prefixed=0.93,
    ),
    Tradition(
        *(_SASAK_M, _SASAK_F, _ISLAM_M2, _ISLAM_F2, 0.45, 0.05),
        male_prefix=("LALU",),
        female_prefix=("BAIQ",),
        prefixed=0.22,
    ),
    Tradition(
        *(_BUGIS_M, _BUGIS_F, _BUGIS_2, _BUGIS_2, 0.40, 0.05),
        male_prefix=("ANDI", "MUH."),
        female_prefix=("ANDI", "ST."),
        prefixed=0.15,
    ),
    Tradition(
        *(_MINANG_M, _MINANG_F, _ISLAM_M2, _ISLAM_F2, 0.40, 0.05),
        clan=_MINANG_SUKU,
        clanned=0.18,
    ),
    Tradition(
        *(_ACEH_M, _ACEH_F, _ISLAM_M2, _ISLAM_F2, 0.30, 0.08),
        male_prefix=("TEUKU", "SAID"),
        female_prefix=("CUT",),
        prefixed=0.08,
    ),
    Tradition(
        *(_EAST_M, _EAST_F, _EAST_M, _EAST_F, 0.70, 0.0),
        clan=_EAST_FAMILIES,
        clanned=0.93,
    ),
    Tradition(
        *(_TIONGHOA_M, _TIONGHOA_F, _TIONGHOA_2, _TIONGHOA_2, 0.35, 0.0),
        male_prefix=_TIONGHOA,
        female_prefix=_TIONGHOA,
        prefixed=0.45,
    ),
)
JAWA, SUNDA, MUSLIM, BATAK, BALI, SASAK, BUGIS, MINANG, ACEH, TIMUR, TIONGHOA = range(
    len(TRADITIONS)
)

#: Traditions of a province in percent; the rest of 100 is the common Muslim stock.
MIXES: dict[str, dict[int, int]] = {
    "11": {ACEH: 78, JAWA: 10}, "12": {BATAK: 52, JAWA: 22, TIONGHOA: 7}, "13": {MINANG: 84},
    "14": {MINANG: 18, JAWA: 25, BATAK: 12},
    "15": {JAWA: 28}, "16": {JAWA: 25}, "17": {JAWA: 20}, "18": {JAWA: 62, SUNDA: 10},
    "19": {TIONGHOA: 22, JAWA: 8},
    "21": {JAWA: 25, BATAK: 14, MINANG: 10, TIONGHOA: 9},
    "31": {JAWA: 34, SUNDA: 18, BATAK: 5, TIONGHOA: 9}, "32": {SUNDA: 74, JAWA: 12},
    "33": {JAWA: 90}, "34": {JAWA: 90}, "35": {JAWA: 74}, "36": {SUNDA: 45, JAWA: 20, TIONGHOA: 5},
    "51": {BALI: 86, JAWA: 8},
    "52": {SASAK: 66, BALI: 4}, "53": {TIMUR: 86}, "61": {TIONGHOA: 17, JAWA: 12, TIMUR: 22},
    "62": {JAWA: 22, TIMUR: 15},
    "63": {JAWA: 15}, "64": {JAWA: 30, BUGIS: 20}, "65": {BUGIS: 35, JAWA: 20, TIMUR: 15},
    "71": {TIMUR: 66}, "72": {BUGIS: 30, TIMUR: 14},
    "73": {BUGIS: 80}, "74": {BUGIS: 50}, "75": {BUGIS: 10}, "76": {BUGIS: 75}, "81": {TIMUR: 48},
    "82": {TIMUR: 20},
}  # fmt: skip
_PAPUA: dict[int, int] = {TIMUR: 68, JAWA: 12, BUGIS: 9}


def mix_weights(province_codes: list[str]) -> Floats:
    """Weights of the traditions, one row per province."""
    weights = np.zeros((len(province_codes), len(TRADITIONS)))
    for row, code in enumerate(province_codes):
        mix = MIXES.get(code, _PAPUA)
        weights[row, list(mix)] = list(mix.values())
        weights[row, MUSLIM] += 100 - sum(mix.values())
    return weights


def _pool(words: tuple[str, ...], draws: Floats, present: Bools) -> pa.Array:
    """A word each, the commonest first, null where absent; dots inside a word stand for blanks."""
    weights = 1.0 / (np.arange(len(words)) + 8.0)
    texts = pa.array([word.replace(".", " ") if "." in word[:-1] else word for word in words])
    return texts.take(pa.array(pick(weights, draws), mask=~present))


def _compose(tradition: Tradition, female: bool, rng: np.random.Generator, count: int) -> pa.Array:
    """Names of one tradition and sex; no word follows itself."""
    first, second, prefix = (
        (tradition.female, tradition.female_second, tradition.female_prefix)
        if female
        else (tradition.male, tradition.male_second, tradition.male_prefix)
    )
    chance = rng.random((4, count))
    has_second = chance[0] >= tradition.mononym
    is_clanned = (chance[3] < tradition.clanned) & bool(tradition.clan)
    is_prefixed = (chance[2] < tradition.prefixed) & bool(prefix)
    is_alone = ~has_second & ~is_clanned & ~is_prefixed
    draws = rng.random(count)
    parts = [pc.coalesce(_pool(_single(first), draws, is_alone), _pool(first, draws, ~is_alone))]
    parts.append(_pool(second, rng.random(count), has_second))
    parts.append(_pool(second, rng.random(count), has_second & (chance[1] < tradition.third)))
    if tradition.clan:
        parts.append(_pool(tradition.clan, rng.random(count), is_clanned))
    words = parts[:1] + [_unless_repeated(before, word) for before, word in pairwise(parts)]
    if prefix:
        words.insert(0, _pool(prefix, rng.random(count), is_prefixed))
    return pc.binary_join_element_wise(*words, " ", null_handling="skip")


def _single(words: tuple[str, ...]) -> tuple[str, ...]:
    """Names that stand alone are the longer ones: Suparman, not Siti."""
    return tuple(word for word in words if len(word) >= 6)


def _unless_repeated(before: pa.Array, word: pa.Array) -> pa.Array:
    repeated = pc.fill_null(pc.equal(before, word), False)
    return pc.if_else(repeated, pa.scalar(None, pa.string()), word)


def full_names(seed: int, traditions: Ints, female: Bools) -> pa.Array:
    """Names of the people: those of one tradition and sex are made at once, then placed."""
    group = traditions * 2 + female
    made = [
        _compose(
            tradition,
            bool(sex),
            stream(seed, f"names {number} {sex}"),
            int((group == number * 2 + sex).sum()),
        )
        for number, tradition in enumerate(TRADITIONS)
        for sex in (0, 1)
    ]
    places = np.empty(len(group), dtype=np.int64)
    places[np.argsort(group, kind="stable")] = np.arange(len(group))
    return pa.concat_arrays(made).take(pa.array(places))


def fathers() -> pa.Array:
    """Given names of men, for `bin`, `binti` and the father's name that Saudi travel asks for."""
    return pa.array(sorted({word for word in _ISLAM_M + _JAVA_M + _SUNDA_M if "." not in word}))
