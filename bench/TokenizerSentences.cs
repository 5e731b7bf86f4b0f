namespace Puna.Bench;

/// <summary>Sentences written for the benchmark text, a few in each of Llama 3's eight languages.</summary>
internal static class TokenizerSentences
{
    public static IReadOnlyDictionary<string, string> ByLanguage { get; } = new Dictionary<string, string>
    {
        ["en"] = """
            The train left the station before the sun had risen over the hills. Nobody in the village could say
            when the old bridge was built, but everyone used it on the way to the market. She opened the letter,
            read it twice, and put it back into the drawer without a word. In winter the river freezes and the
            children walk across it to school. The committee will publish its report on the new hospital at the
            end of the month. Water boils at a lower temperature in the mountains because the pressure of the
            air is lower there. He had never seen so many people in one room, and all of them were talking at
            the same time. Most of the letters were answered within a week, although some questions needed more
            time and a good deal of thought. The engineers measured the bridge again after the storm and found
            that one of the pillars had moved by almost two centimetres.
            """,
        ["de"] = """
            Der Zug verließ den Bahnhof, bevor die Sonne über den Hügeln aufgegangen war. Niemand im Dorf konnte
            sagen, wann die alte Brücke gebaut wurde, aber alle benutzten sie auf dem Weg zum Markt. Sie öffnete
            den Brief, las ihn zweimal und legte ihn ohne ein Wort in die Schublade zurück. Im Winter friert der
            Fluss zu, und die Kinder gehen über das Eis zur Schule. Der Ausschuss veröffentlicht seinen Bericht
            über das neue Krankenhaus am Ende des Monats. Wasser kocht in den Bergen bei einer niedrigeren
            Temperatur, weil der Luftdruck dort geringer ist. Er hatte noch nie so viele Menschen in einem Raum
            gesehen, und alle sprachen gleichzeitig. Die meisten Fragen wurden innerhalb einer Woche
            beantwortet, obwohl manche mehr Zeit und gründliche Überlegung brauchten.
            """,
        ["fr"] = """
            Le train a quitté la gare avant que le soleil ne se lève au-dessus des collines. Personne dans le
            village ne pouvait dire quand le vieux pont avait été construit, mais tout le monde l'utilisait pour
            aller au marché. Elle ouvrit la lettre, la lut deux fois et la remit dans le tiroir sans dire un
            mot. En hiver, la rivière gèle et les enfants la traversent à pied pour aller à l'école. La
            commission publiera son rapport sur le nouvel hôpital à la fin du mois. L'eau bout à une température
            plus basse en montagne parce que la pression de l'air y est moins forte. Il n'avait jamais vu autant
            de gens dans une seule pièce, et ils parlaient tous à la fois. La plupart des lettres ont reçu une
            réponse en une semaine, même si certaines questions demandaient du temps.
            """,
        ["it"] = """
            Il treno lasciò la stazione prima che il sole fosse sorto sopra le colline. Nessuno nel villaggio
            sapeva dire quando fosse stato costruito il vecchio ponte, ma tutti lo usavano per andare al
            mercato. Lei aprì la lettera, la lesse due volte e la rimise nel cassetto senza dire una parola.
            D'inverno il fiume gela e i bambini lo attraversano a piedi per andare a scuola. La commissione
            pubblicherà la sua relazione sul nuovo ospedale alla fine del mese. In montagna l'acqua bolle a una
            temperatura più bassa perché la pressione dell'aria è minore. Non aveva mai visto tante persone in
            una stanza, e parlavano tutte nello stesso momento. Quasi tutte le lettere ebbero risposta entro una
            settimana, anche se alcune domande richiedevano più tempo e molta pazienza.
            """,
        ["pt"] = """
            O comboio deixou a estação antes de o sol nascer sobre as colinas. Ninguém na aldeia sabia dizer
            quando a velha ponte tinha sido construída, mas todos a usavam no caminho para o mercado. Ela abriu
            a carta, leu-a duas vezes e voltou a guardá-la na gaveta sem dizer uma palavra. No inverno o rio
            gela e as crianças atravessam-no a pé para ir à escola. A comissão vai publicar o seu relatório
            sobre o novo hospital no fim do mês. Nas montanhas a água ferve a uma temperatura mais baixa porque
            a pressão do ar é menor. Ele nunca tinha visto tantas pessoas numa só sala, e todas falavam ao mesmo
            tempo. A maior parte das perguntas teve resposta dentro de uma semana, embora algumas não fossem
            fáceis e exigissem muita atenção, paciência e informação.
            """,
        ["es"] = """
            El tren salió de la estación antes de que el sol se levantara sobre las colinas. Nadie en el pueblo
            podía decir cuándo se había construido el viejo puente, pero todos lo usaban para ir al mercado.
            Ella abrió la carta, la leyó dos veces y la guardó de nuevo en el cajón sin decir una palabra. En
            invierno el río se hiela y los niños lo cruzan a pie para ir a la escuela. La comisión publicará su
            informe sobre el nuevo hospital a finales de mes. En las montañas el agua hierve a una temperatura
            más baja porque la presión del aire es menor. Nunca había visto a tanta gente en una sola
            habitación, y todos hablaban al mismo tiempo. La mayoría de las preguntas tuvieron respuesta en una
            semana, aunque algunas exigían más tiempo y mucha atención. ¿Quién llegará mañana?
            """,
        ["hi"] = """
            सूरज के पहाड़ियों पर निकलने से पहले ही रेलगाड़ी स्टेशन से चल पड़ी। गाँव में कोई नहीं बता सकता था कि
            पुराना पुल कब बना था, लेकिन बाज़ार जाने के लिए सब लोग उसी का उपयोग करते थे। उसने चिट्ठी खोली, उसे दो
            बार पढ़ा और बिना कुछ कहे वापस दराज में रख दिया। सर्दियों में नदी जम जाती है और बच्चे उस पर चलकर
            विद्यालय जाते हैं। समिति महीने के अंत में नए अस्पताल के बारे में अपनी रिपोर्ट प्रकाशित करेगी।
            पहाड़ों में पानी कम तापमान पर उबलता है क्योंकि वहाँ हवा का दबाव कम होता है। उसने एक कमरे में इतने
            लोग कभी नहीं देखे थे, और वे सब एक साथ बोल रहे थे। अधिकतर प्रश्नों का उत्तर एक सप्ताह के भीतर मिल
            गया, हालाँकि कुछ के लिए अधिक समय और बहुत विचार की आवश्यकता थी।
            """,
        ["th"] = """
            รถไฟออกจากสถานีก่อนที่ดวงอาทิตย์จะขึ้นเหนือเนินเขา
            ไม่มีใครในหมู่บ้านบอกได้ว่าสะพานเก่าสร้างขึ้นเมื่อใด แต่ทุกคนใช้สะพานนี้ระหว่างทางไปตลาด
            เธอเปิดจดหมาย อ่านสองครั้ง แล้วเก็บกลับเข้าลิ้นชักโดยไม่พูดอะไร
            ในฤดูหนาวแม่น้ำกลายเป็นน้ำแข็งและเด็กเดินข้ามไปโรงเรียน
            คณะกรรมการจะเผยแพร่รายงานเกี่ยวกับโรงพยาบาลแห่งใหม่ในปลายเดือน
            น้ำเดือดที่อุณหภูมิต่ำกว่าบนภูเขาเพราะความดันอากาศที่นั่นต่ำกว่า
            เขาไม่เคยเห็นคนมากมายในห้องเดียวมาก่อน และทุกคนพูดพร้อมกัน คำถามส่วนใหญ่ได้รับคำตอบภายในหนึ่งสัปดาห์
            แม้ว่าบางคำถามต้องใช้เวลามากกว่า
            """,
    };
}
