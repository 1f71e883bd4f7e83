# Writes the workbooks in `fixtures/` (needs openpyxl and xlwt). All persons and numbers are made up.
import datetime, os, shutil
import openpyxl, xlwt
F = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fixtures', '')
def cit(b):
    w=[7,9,10,5,8,4,2,1,6,3,7,9,10,5,8,4,2]
    return b+'10X98765432'[sum(int(c)*x for c,x in zip(b,w))%11]
def person(i): return cit('33010619900307%03d'%i)
def cert(i): return '2010330142%07d'%i
H=['姓名','性别','民族','证件类型','证件号码','出生日期','资格证书号码','资格种类','任教学科','认定机构','认定日期','证书状态']
def row(i,**k):
    r={'姓名':'教师%s'%'甲乙丙丁戊己庚辛壬癸'[i%10],'性别':'女','民族':'汉族','证件类型':'居民身份证','证件号码':person(i),'出生日期':'1990-03-07','资格证书号码':cert(i),
       '资格种类':'高级中学教师资格','任教学科':'数学','认定机构':'某市教育局','认定日期':'2010/1/5','证书状态':'有效'}
    r.update(k); return r
def book(): return openpyxl.Workbook()
def save(wb,name):
    wb.properties.created=wb.properties.modified=datetime.datetime(2026,3,1)
    os.makedirs(os.path.dirname(F+name),exist_ok=True); wb.save(F+name)
def fill(ws,start,rows,header=H):
    for c,h in enumerate(header,1): ws.cell(start,c,h)
    for n,r in enumerate(rows,start+1):
        if r is None: continue
        for c,h in enumerate(header,1):
            v=r.get(h)
            if v is not None: ws.cell(n,c,v)
# every trap on one workbook
wb=book(); ws=wb.active; ws.title='填表说明'; ws['A1']='请按模板填写姓名和证件号码'; ws['A2']='姓名'
ws=wb.create_sheet('名单')
ws['A1']='某市教师资格认定名单'; ws.merge_cells('A1:L1'); ws['A2']='填报单位：某市教育局'; ws.merge_cells('A2:F2'); ws['G2']='姓名'; ws.merge_cells('G2:L2')
D=datetime.date
rows=[row(1),
 row(2,**{'证件号码':int(person(2))}),
 row(3,**{'资格证书号码':int(cert(3))}),
 row(4,**{'出生日期':D(1990,3,7),'认定日期':40183}),
 row(5,**{'出生日期':'1990年3月7日','认定日期':20100105}),
 row(6,**{'认定机构':'合并教育局','认定日期':'2011-06-01'}),
 row(7,**{'认定机构':None,'认定日期':None}),
 row(8,**{'认定机构':None,'认定日期':None}),
 row(9,**{'姓名':'一人两证','证件号码':person(9)}),
 row(10,**{'姓名':None,'证件号码':None,'资格种类':'小学教师资格'}),
 None,
 row(11,**{'证件类型':'护照','证件号码':'E12345678','性别':'9','民族':None,'出生日期':None,'任教学科':None,'证书状态':None}),
 row(12,**{'证件类型':'港澳居民来往内地通行证','证件号码':'H1234567800','证书状态':'撤销'}),
 row(13,**{'证件类型':'台湾居民来往大陆通行证','证件号码':12345678,'证书状态':'丧失'}),
 row(14,**{'证件类型':'其他','证件号码':'T-0014','证书状态':'注销'}),
 row(15,**{'证件类型':None}),
 row(16,**{'证件类型':'军官证'}),
 row(17,**{'资格种类':'高中教师资格'}),
 row(18,**{'证书状态':'遗失'}),
 row(19,**{'性别':'未','民族':'火星族'}),
 row(20,**{'证件号码':person(20)[:-1]+('1' if person(20)[-1]!='1' else '2')}),
 row(21,**{'证件号码':person(21)[:6]+'********'+person(21)[14:]}),
 row(22,**{'证件号码':None}),
 row(23,**{'资格证书号码':cert(23)[:-1]}),
 row(24,**{'资格证书号码':None}),
 row(25,**{'姓名':' \u3000'}),
 row(26,**{'认定日期':'2010-02-30'}),
 row(27,**{'认定日期':0}),
 row(28,**{'资格种类':None}),
 row(29,**{'认定机构':None}),
 row(30,**{'证件号码':'３'+person(30)[1:]+' '}),
 row(31,**{'证件号码':'330106900307311'}),
 row(1),
 row(4,**{'任教学科':'物理'}),
 row(32,**{'证件号码':'1.10101E+17'}),
 row(33,**{'任教学科':'#N/A'}),
]
fill(ws,3,rows)
ws.merge_cells('J9:J11'); ws.merge_cells('K9:K11')   # rows 6 to 8
ws.merge_cells('A12:A13'); ws.merge_cells('E12:E13')  # one person, two certificates
ws.cell(3+len(rows)+2,1,'合计：33人')
ws=wb.create_sheet('补录')
h=['资格证书号码*','姓 名','证件\n号码','资格种类','认定机构','认定日期','备注']
for c,x in enumerate(h,1): ws.cell(1,c,x)
for c,x in enumerate([cert(40),'补录甲',person(40),'幼儿园教师资格','某县教育局',D(2012,9,1),'补'],1): ws.cell(2,c,x)
for c,x in enumerate([cert(1),'教师乙',person(1),'高级中学教师资格','某市教育局','2010-01-05'],1): ws.cell(3,c,x)
save(wb,'JSZG_2026_traps.xlsx')
# two uploads
a=book(); fill(a.active,1,[row(1),row(2),row(3)]); save(a,'two-uploads/JSZG_2025_a.xlsx')
b=book(); fill(b.active,1,[row(1),row(2,**{'证书状态':'注销'}),row(4)]); save(b,'two-uploads/JSZG_2026_b.xlsx')
# refused
data=open(F+'two-uploads/JSZG_2025_a.xlsx','rb').read()
os.makedirs(F+'refused',exist_ok=True)
open(F+'refused/JSZG_2026_1_cut.xlsx','wb').write(data[:len(data)*2//3])
open(F+'refused/JSZG_2026_2_empty.xlsx','wb').write(b'')
open(F+'refused/JSZG_2026_3_page.xls','w').write('<html><table><tr><td>姓名</td><td>证件号码</td></tr></table></html>')
c=book(); c.active['A1']='没有名单'; save(c,'refused/JSZG_2026_4_notes.xlsx')
c=book(); fill(c.active,1,[row(1)],[x for x in H if x!='资格证书号码']); save(c,'refused/JSZG_2026_5_column.xlsx')
# older kind
w=xlwt.Workbook(encoding='utf-8'); s=w.add_sheet('存量')
s.write_merge(0,1,0,11,'教师资格存量名单')
for c_,x in enumerate(H): s.write(2,c_,x)
day=xlwt.easyxf(num_format_str='yyyy-mm-dd')
olds=[row(50),row(51,**{'证件号码':110101199003078830.0}),row(52,**{'资格证书号码':20103301420000052.0}),row(53,**{'出生日期':D(1990,3,7),'认定日期':40183}),row(54,**{'认定机构':None}),row(55)]
for n,r in enumerate(olds,3):
    for c_,x in enumerate(H):
        v=r[x]
        if v is None or (n==6 and x=='认定机构'): continue
        s.write(n,c_,v,day) if isinstance(v,D) else s.write(n,c_,v)
s.write_merge(6,7,9,9,'存量教育局')
w.save(F+'JSZG_2024_stock.xls')
# an .xls under the other name
os.makedirs(F+'misnamed',exist_ok=True); shutil.copy(F+'JSZG_2024_stock.xls',F+'misnamed/JSZG_2024_old.xlsx')
